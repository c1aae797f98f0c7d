//! Compiles the contract without protoc, keeps its descriptors, and gives every event its type.

use prost_reflect::{DescriptorPool, Kind, MessageDescriptor};
use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    for folder in ["talentflow", "third_party"] {
        println!("cargo:rerun-if-changed={folder}");
    }
    let mut files = Vec::new();
    protos(Path::new("talentflow"), &mut files)?;
    files.sort();

    let mut compiler = protox::Compiler::new([".", "third_party"])?;
    compiler.include_imports(true).include_source_info(true).open_files(&files)?;
    // Encoded by the compiler itself: a round trip through prost's types would lose our options.
    let encoded = compiler.encode_file_descriptor_set();
    std::fs::write(out.join("descriptors.bin"), &encoded)?;

    let pool = DescriptorPool::decode(encoded.as_slice())?;
    std::fs::write(out.join("event_types.rs"), event_types(&pool)?)?;

    let mut config = tonic_prost_build::Config::new();
    config.enable_type_names();
    // A map is written in the order of its keys: the same request is the same bytes, by which a repeated command is
    // recognised.
    config.btree_map(["."]);
    tonic_prost_build::configure()
        .out_dir(&out)
        .include_file("contract.rs")
        .compile_fds_with_config(compiler.file_descriptor_set(), config)?;
    Ok(())
}

fn protos(folder: &Path, found: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            protos(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "proto") {
            found.push(path);
        }
    }
    Ok(())
}

fn event_types(pool: &DescriptorPool) -> Result<String, Box<dyn Error>> {
    let option = pool.get_extension_by_name("talentflow.options.v1.event").ok_or("the event option is gone")?;
    debug_assert!(matches!(option.kind(), Kind::String));
    let mut code = String::new();
    for message in pool.all_messages() {
        let options = message.options();
        if options.has_extension(&option) {
            let kind = options.get_extension(&option);
            let kind = kind.as_str().ok_or("an event type is not text")?;
            writeln!(code, "impl crate::Event for {} {{ const TYPE: &'static str = {kind:?}; }}", rust_path(&message))?;
        }
    }
    Ok(code)
}

/// `talentflow.training.v1.OrderPublished` is `crate::training::v1::OrderPublished`.
fn rust_path(message: &MessageDescriptor) -> String {
    let name = message.full_name().trim_start_matches("talentflow.");
    format!("crate::{}", name.replace('.', "::"))
}
