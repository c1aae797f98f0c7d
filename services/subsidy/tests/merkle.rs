//! The Merkle log against the test vectors of Certificate Transparency, against the definitions of RFC 6962 written
//! down as they stand, and its proofs against whoever would forge them.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop, loudly")]

use proptest::prelude::*;
use std::collections::BTreeMap;
use subsidy::domain::Logged;
use subsidy::domain::log::{
    Checkpoint, Frontier, Hash, Subtree, consistency, fold, inclusion, is_consistent, is_included, join, subtrees,
};

/// The inputs of the reference implementation's tests, by hexadecimal digits.
const INPUTS: [&str; 8] = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
const ROOTS: [&str; 9] = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

fn hash(text: &str) -> Hash {
    Hash::parse(text).unwrap()
}

fn vectors() -> Vec<Hash> {
    INPUTS.iter().map(|text| Hash::leaf(&hex::decode(text).unwrap())).collect()
}

fn leaves(count: u64) -> Vec<Hash> {
    (0..count).map(|n| Hash::leaf(&n.to_be_bytes())).collect()
}

/// MTH of RFC 6962, 2.1, to the letter.
fn mth(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Hash::empty(),
        [one] => *one,
        more => {
            let k = 1 << (more.len() - 1).ilog2();
            mth(&more[..k]).join(mth(&more[k..]))
        }
    }
}

/// PATH of RFC 6962, 2.1.1.
fn path(m: usize, leaves: &[Hash]) -> Vec<Hash> {
    if leaves.len() == 1 {
        return Vec::new();
    }
    let k = 1 << (leaves.len() - 1).ilog2();
    let (mut proof, last) =
        if m < k { (path(m, &leaves[..k]), mth(&leaves[k..])) } else { (path(m - k, &leaves[k..]), mth(&leaves[..k])) };
    proof.push(last);
    proof
}

/// SUBPROOF of RFC 6962, 2.1.2.
fn subproof(m: usize, leaves: &[Hash], whole: bool) -> Vec<Hash> {
    if m == leaves.len() {
        return if whole { Vec::new() } else { vec![mth(leaves)] };
    }
    let k = 1 << (leaves.len() - 1).ilog2();
    let (mut proof, last) = if m <= k {
        (subproof(m, &leaves[..k], whole), mth(&leaves[k..]))
    } else {
        (subproof(m - k, &leaves[k..], false), mth(&leaves[..k]))
    };
    proof.push(last);
    proof
}

fn grown(leaves: &[Hash]) -> (Frontier, BTreeMap<Subtree, Hash>) {
    let (mut frontier, mut kept) = (Frontier::default(), BTreeMap::new());
    for leaf in leaves {
        frontier.push(*leaf, |subtree, hash| {
            kept.insert(subtree, hash);
        });
    }
    (frontier, kept)
}

/// A range's hash as a store makes it: of leaves and kept subtrees.
fn of_range(range: std::ops::Range<u64>, leaves: &[Hash], kept: &BTreeMap<Subtree, Hash>) -> Hash {
    let parts: Vec<Hash> = subtrees(range)
        .into_iter()
        .map(|subtree| {
            let (level, range) = subtree.kept();
            assert!(range.end - range.start <= 128);
            let of =
                |index: u64| if level == 0 { leaves[usize::try_from(index).unwrap()] } else { kept[&Subtree { level, index }] };
            fold(range.map(of).collect()).unwrap()
        })
        .collect();
    join(&parts)
}

#[test]
fn the_roots_of_the_reference_implementation_are_ours() {
    let leaves = vectors();
    for (size, root) in ROOTS.iter().enumerate() {
        let (frontier, _) = grown(&leaves[..size]);
        assert_eq!(frontier.root().to_string(), *root, "{size}");
    }
}

#[test]
fn the_proofs_of_the_reference_implementation_are_ours() {
    let leaves = vectors();
    let (_, kept) = grown(&leaves);
    let proof = |ranges: Vec<std::ops::Range<u64>>| -> Vec<String> {
        ranges.into_iter().map(|range| of_range(range, &leaves, &kept).to_string()).collect()
    };
    assert_eq!(
        proof(inclusion(0, 8).unwrap()),
        [
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ]
    );
    assert_eq!(
        proof(consistency(6, 8).unwrap()),
        [
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ]
    );
    assert_eq!(inclusion(8, 8), None);
    assert_eq!((consistency(0, 8), consistency(9, 8)), (None, None));
}

#[test]
fn every_small_log_has_the_roots_and_proofs_of_the_definitions() {
    let all = leaves(40);
    for size in 0..=40 {
        let own = &all[..size];
        let (frontier, kept) = grown(own);
        let root = mth(own);
        assert_eq!(frontier.root(), root);
        for leaf in 0..size {
            let ranges = inclusion(leaf as u64, size as u64).unwrap();
            let proof: Vec<Hash> = ranges.into_iter().map(|range| of_range(range, own, &kept)).collect();
            assert_eq!(proof, path(leaf, own), "{leaf} of {size}");
            assert!(is_included(own[leaf], leaf as u64, size as u64, &proof, root));
            // No other leaf, place or size passes with it.
            for other in 0..=size {
                assert_eq!(is_included(own[leaf], other as u64, size as u64, &proof, root), other == leaf);
            }
        }
        for old in 1..=size {
            let ranges = consistency(old as u64, size as u64).unwrap();
            let proof: Vec<Hash> = ranges.into_iter().map(|range| of_range(range, own, &kept)).collect();
            assert_eq!(proof, subproof(old, own, true), "{old} of {size}");
            let old_root = mth(&own[..old]);
            assert!(is_consistent((old as u64, old_root), (size as u64, root), &proof));
            assert!(!is_consistent((old as u64, Hash::empty()), (size as u64, root), &proof));
            assert!(old == size || !is_consistent((old as u64, old_root), (size as u64, Hash::empty()), &proof));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn large_logs_are_proved_from_few_kept_hashes(size in 1u64..3000, leaf in any::<prop::sample::Index>(), old in any::<prop::sample::Index>()) {
        let all = leaves(size);
        let (frontier, kept) = grown(&all);
        prop_assert_eq!(kept.len() as u64, size / 256);
        let root = mth(&all);
        prop_assert_eq!(of_range(0..size, &all, &kept), root);
        prop_assert_eq!(frontier.root(), root);
        let leaf = leaf.index(all.len());
        let proof: Vec<Hash> = inclusion(leaf as u64, size).unwrap().into_iter().map(|range| of_range(range, &all, &kept)).collect();
        prop_assert!(is_included(all[leaf], leaf as u64, size, &proof, root));
        let old = old.index(all.len()) + 1;
        let proof: Vec<Hash> = consistency(old as u64, size).unwrap().into_iter().map(|range| of_range(range, &all, &kept)).collect();
        prop_assert!(is_consistent((old as u64, mth(&all[..old])), (size, root), &proof));
    }

    #[test]
    fn a_proof_with_one_hash_changed_left_out_or_added_proves_nothing(size in 2u64..300, at in any::<prop::sample::Index>(), broken in any::<prop::sample::Index>()) {
        let all = leaves(size);
        let leaf = at.index(all.len());
        let good = path(leaf, &all);
        let root = mth(&all);
        let included = |proof: &[Hash]| is_included(all[leaf], leaf as u64, size, proof, root);
        prop_assert!(included(&good));
        let broken = broken.index(good.len());
        let mut changed = good.clone();
        changed[broken] = Hash::empty();
        prop_assert!(!included(&changed));
        let mut shorter = good.clone();
        shorter.remove(broken);
        prop_assert!(!included(&shorter));
        let mut longer = good.clone();
        longer.insert(broken, Hash::empty());
        prop_assert!(!included(&longer));
    }

    #[test]
    fn a_log_goes_on_from_what_was_kept_of_it(size in 0u64..700, more in 0u64..700) {
        let all = leaves(size + more);
        let (before, _) = grown(&all[..usize::try_from(size).unwrap()]);
        let mut after = Frontier::parse(size, &before.text()).unwrap();
        prop_assert_eq!(&after, &before);
        for leaf in &all[usize::try_from(size).unwrap()..] {
            after.push(*leaf, |_, _| {});
        }
        prop_assert_eq!(after.root(), mth(&all));
        prop_assert!(Frontier::parse(size + 1, &before.text()).is_none_or(|_| (size + 1).count_ones() == size.count_ones()));
        let longer = before.text() + "0";
        prop_assert!(Frontier::parse(size, &longer).is_none());
    }

    #[test]
    fn entries_that_differ_anywhere_are_logged_by_different_texts(a in prop::array::uniform3("[a\\\\\n=]{0,4}"), b in prop::array::uniform3("[a\\\\\n=]{0,4}")) {
        let logged = |texts: &[String; 3]| Logged {
            cause: texts[0].clone(),
            rule: texts[1].clone(),
            resolves: texts[2].clone(),
            ..Logged::default()
        };
        prop_assert_eq!(a == b, logged(&a).data(1) == logged(&b).data(1));
        prop_assert_ne!(logged(&a).data(1), logged(&a).data(2));
    }
}

#[test]
fn the_text_of_an_entry_is_a_line_for_each_thing_an_auditor_relies_on() {
    let logged =
        Logged {
            entry: "e".into(), fen: "150000".into(), rule: "平财预〔2026〕1号\n附件\\1".into(), ..Logged::default()
        };
    let text = logged.data(7);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[..5], ["talentflow-ledger-entry=1", "leaf=7", "entry=e", "side=", "fen=150000"]);
    assert!(lines.contains(&"rule=平财预〔2026〕1号\\n附件\\\\1"));
    assert_eq!((lines.len(), lines[22]), (23, "posted-at="));
}

#[test]
fn a_checkpoint_is_read_as_it_was_written_and_nothing_else_is() {
    let checkpoint = Checkpoint { size: 42, root: hash(ROOTS[3]), time: "2026-09-30T16:00:00.000001Z".parse().unwrap() };
    let text = checkpoint.text();
    assert_eq!(Checkpoint::parse(&text), Some(checkpoint.clone()));
    assert_eq!(Checkpoint::parse(&text.replace('\n', "\r\n")), Some(checkpoint));
    for (from, to) in
        [("size 42", "size -1"), ("root a", "root x"), ("ledger", "leger"), ("time 2026", "at 2026"), ("Z\n", "Z\nmore\n")]
    {
        assert!(text.contains(from), "{from}");
        assert_eq!(Checkpoint::parse(&text.replacen(from, to, 1)), None, "{to}");
    }
    assert_eq!(Checkpoint::parse(""), None);
}
