//! `talentflow payments` on the command line.

use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub enum Payments {
    /// Writes the file of a batch for the bank. The file is the same, to the byte, however often it is asked for.
    ///
    /// Example: talentflow payments export paymentBatches/0192… --out batch.xml --token-file finance.jwt
    Export(ExportPayments),
    /// Hands the bank's answer in, all of it or none, and says of every line of the batch where it stands. The same file again
    /// changes nothing.
    ///
    /// Example: talentflow payments import paymentBatches/0192… answer.xml --token-file finance.jwt
    Import(ImportPayments),
}

/// Which server, and as whom.
#[derive(Debug, Args)]
pub struct Reach {
    /// Where the gateway is reached: by `https` where TLS ends before it, or by `http` inside of that.
    #[arg(long, env = "TALENTFLOW_SERVER", default_value = "http://localhost:8080", value_name = "URL")]
    pub server: String,
    /// A file with the caller's token, somebody of finance; else it is taken from the variable `TALENTFLOW_TOKEN`.
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// The certificates to trust, in PEM, where the server's is from an authority of one's own; else those of the system.
    #[arg(long, value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
}

/// The form of a file for the bank.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PaymentForm {
    /// ISO 20022 pain.001.
    #[value(name = "pain.001")]
    Pain001,
    Csv,
}

/// The form of the bank's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ResultForm {
    /// ISO 20022 pain.002.
    #[value(name = "pain.002")]
    Pain002,
    Csv,
}

#[derive(Debug, Args)]
pub struct ExportPayments {
    /// The batch, paymentBatches/{id}.
    pub batch: String,
    #[command(flatten)]
    pub reach: Reach,
    #[arg(long, value_enum, default_value_t = PaymentForm::Pain001)]
    pub format: PaymentForm,
    /// Where the file goes; readable by its owner alone.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Replaces a file that is there.
    #[arg(long)]
    pub overwrite: bool,
    /// Prints what was written as one JSON object.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct ImportPayments {
    /// The batch, paymentBatches/{id}.
    pub batch: String,
    /// The bank's answer.
    pub file: PathBuf,
    #[command(flatten)]
    pub reach: Reach,
    /// Said by the end of the file's name (.xml or .csv) when absent.
    #[arg(long, value_enum)]
    pub format: Option<ResultForm>,
    /// Prints every line as one JSON object.
    #[arg(long)]
    pub json: bool,
}
