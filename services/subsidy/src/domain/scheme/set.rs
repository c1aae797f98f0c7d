//! Every version of every scheme there is: those a release ships, and a city's own.

use super::Scheme;
use super::fault::{Fault, SchemeFaults};
use crate::domain::occasion::OccasionKind;
use crate::domain::{Claim, ClaimRefusal};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

/// Every version of every scheme there is.
#[derive(Debug, Clone)]
pub struct Schemes {
    all: BTreeMap<String, Vec<Arc<Scheme>>>,
    /// Codes, each after those whose grants it gives way to.
    order: Vec<String>,
}

impl Schemes {
    /// Versions of one scheme follow each other, are earned by the same occasion, and a newer one ends the older from
    /// its own first day on. Of two schemes that exclude each other one must go first.
    pub fn new(schemes: Vec<Scheme>) -> Result<Self, SchemeFaults> {
        let mut all: BTreeMap<String, Vec<Scheme>> = BTreeMap::new();
        for scheme in schemes {
            all.entry(scheme.code.clone()).or_default().push(scheme);
        }
        for versions in all.values_mut() {
            follow(versions)?;
        }
        let all = all.into_iter().map(|(code, versions)| (code, versions.into_iter().map(Arc::new).collect())).collect();
        let order = order(&all)?;
        Ok(Self { all, order })
    }

    /// The schemes of this release.
    pub fn shipped() -> &'static Self {
        static SHIPPED: LazyLock<Schemes> = LazyLock::new(|| {
            #[expect(clippy::expect_used, reason = "a test loads the very same files")]
            read(SHIPPED_FILES.iter().copied()).and_then(Schemes::new).expect("the scheme files of this release load")
        });
        &SHIPPED
    }

    /// The schemes of this release with a city's own, each with the name of its file: a version that is shipped too
    /// takes its place, a newer version ends the older, and another code is one more scheme.
    pub fn with_own<'a>(own: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, SchemeFaults> {
        let mut schemes = read(SHIPPED_FILES.iter().copied())?;
        let mut taken = BTreeSet::new();
        for (file, text) in own {
            let scheme = Scheme::load(text).map_err(|faults| faults.named(file))?;
            if !taken.insert((scheme.code.clone(), scheme.version)) {
                return Err(clash(&scheme, "this version is in another file too", "该版本在另一文件中重复出现").named(file));
            }
            schemes.retain(|shipped| (&shipped.code, shipped.version) != (&scheme.code, scheme.version));
            schemes.push(scheme);
        }
        Self::new(schemes)
    }

    /// These schemes with a draft among them, in the place of all that bears its code.
    pub fn with_draft(&self, draft: Scheme) -> Result<Self, SchemeFaults> {
        let others = self.all().filter(|scheme| scheme.code != draft.code);
        let mut schemes: Vec<Scheme> = others.map(|scheme| scheme.as_ref().clone()).collect();
        schemes.push(draft);
        Self::new(schemes)
    }

    /// Those that bear on what the scheme of that code grants: itself, and those on either side of an exclusion.
    pub fn around(&self, code: &str) -> Result<Self, SchemeFaults> {
        let gives_way = |one: &str, other: &str| {
            self.all.get(one).into_iter().flatten().any(|scheme| scheme.exclusions.iter().any(|rule| rule.scheme == other))
        };
        let mut near: BTreeSet<&str> = BTreeSet::from([code]);
        loop {
            let linked = |known: &str| near.iter().any(|one| gives_way(one, known) || gives_way(known, one));
            let more: Vec<&str> =
                self.all.keys().map(String::as_str).filter(|known| !near.contains(known) && linked(known)).collect();
            if more.is_empty() {
                break;
            }
            near.extend(more);
        }
        Self::new(self.all().filter(|scheme| near.contains(scheme.code.as_str())).map(|scheme| scheme.as_ref().clone()).collect())
    }

    /// Every version of every scheme, by code.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Scheme>> {
        self.all.values().flatten()
    }

    /// The versions of each scheme, each scheme after those it gives way to.
    pub(in crate::domain) fn in_order(&self) -> impl Iterator<Item = &[Arc<Scheme>]> {
        self.order.iter().filter_map(|code| self.all.get(code)).map(Vec::as_slice)
    }

    pub fn knows(&self, code: &str) -> bool {
        self.all.contains_key(code)
    }

    pub fn versions(&self, code: &str) -> impl Iterator<Item = &Scheme> {
        self.all.get(code).into_iter().flatten().map(AsRef::as_ref)
    }

    /// Whether any version of a scheme caps what an organisation may have of it.
    pub fn caps_organisations(&self, code: &str) -> bool {
        let caps = |scheme: &Scheme| [scheme.caps.fen_per_organisation, scheme.caps.fen_per_organisation_year];
        self.versions(code).flat_map(caps).any(|cap| cap.is_some())
    }

    /// What earns the money of a scheme; all its versions say the same.
    pub(in crate::domain) fn kind(&self, code: &str) -> Option<OccasionKind> {
        self.all.get(code)?.first().map(|scheme| scheme.occasion)
    }

    pub fn find(&self, code: &str, version: i64) -> Option<&Arc<Scheme>> {
        self.all.get(code)?.iter().find(|scheme| i64::from(scheme.version) == version)
    }

    /// The very text that judged a claim; another under the same version says something else.
    pub fn that_judged(&self, claim: &Claim) -> Result<&Arc<Scheme>, ClaimRefusal> {
        let scheme = self.find(&claim.scheme.code, claim.scheme.version).filter(|scheme| scheme.digest == claim.scheme.digest);
        scheme.ok_or_else(|| ClaimRefusal::SchemeUnknown { claim: claim.id, scheme: claim.scheme.citation() })
    }
}

fn read<'a>(texts: impl Iterator<Item = (&'a str, &'a str)>) -> Result<Vec<Scheme>, SchemeFaults> {
    texts.map(|(file, text)| Scheme::load(text).map_err(|faults| faults.named(file))).collect()
}

fn follow(versions: &mut [Scheme]) -> Result<(), SchemeFaults> {
    versions.sort_by_key(|scheme| scheme.version);
    for at in 1..versions.len() {
        let (older, newer) = versions.split_at_mut(at);
        let (Some(older), Some(newer)) = (older.last_mut(), newer.first()) else { continue };
        if older.version == newer.version {
            return Err(clash(newer, "this version is there twice", "该版本重复出现"));
        }
        if newer.from <= older.from {
            return Err(clash(newer, "it begins no later than the version before it", "其生效日期不晚于上一版本"));
        }
        if older.occasion != newer.occasion {
            return Err(clash(
                newer,
                "it changes what earns the money, and that is another scheme",
                "它改变了补贴事由，应另立补贴项目",
            ));
        }
        older.to = Some(older.to.map_or(newer.from, |to| to.min(newer.from)));
    }
    Ok(())
}

fn clash(scheme: &Scheme, en: &str, zh: &str) -> SchemeFaults {
    let cited = scheme.citation();
    SchemeFaults::of(vec![Fault {
        line: 1,
        column: 1,
        key: String::new(),
        rule: "scheme/versions",
        en: format!("{cited}: {en}"),
        zh: format!("{cited}：{zh}"),
        way_out: "give what changes a version of its own, with a later `from`".to_owned(),
        way_out_zh: "请为变更另立版本，并设定更晚的生效日期".to_owned(),
    }])
    .named(&format!("{}.{}.toml", scheme.code, scheme.version))
}

/// Each code after those it gives way to.
fn order(all: &BTreeMap<String, Vec<Arc<Scheme>>>) -> Result<Vec<String>, SchemeFaults> {
    let mut order: Vec<String> = Vec::with_capacity(all.len());
    while order.len() < all.len() {
        let waits = |versions: &[Arc<Scheme>]| {
            let rules = versions.iter().flat_map(|scheme| &scheme.exclusions);
            rules.into_iter().any(|rule| all.contains_key(&rule.scheme) && !order.contains(&rule.scheme))
        };
        let open = || all.iter().filter(|(code, _)| !order.contains(code));
        let Some(next) = open().find(|(_, versions)| !waits(versions)).map(|(code, _)| code.clone()) else {
            // Nobody is free to go first.
            let Some(stuck) = open().find_map(|(_, versions)| versions.last()) else { break };
            return Err(clash(stuck, "schemes that exclude each other leave none to go first", "互相排斥的补贴项目无法确定先后"));
        };
        order.push(next);
    }
    Ok(order)
}

const SHIPPED_FILES: &[(&str, &str)] = &[
    ("hiring-subsidy.1.toml", include_str!("../../../schemes/hiring-subsidy.1.toml")),
    ("hiring-subsidy.2.toml", include_str!("../../../schemes/hiring-subsidy.2.toml")),
    ("practice-stipend.1.toml", include_str!("../../../schemes/practice-stipend.1.toml")),
    ("mentor-allowance.1.toml", include_str!("../../../schemes/mentor-allowance.1.toml")),
    ("order-class.1.toml", include_str!("../../../schemes/order-class.1.toml")),
    ("new-apprenticeship.1.toml", include_str!("../../../schemes/new-apprenticeship.1.toml")),
    ("tax-offset.1.toml", include_str!("../../../schemes/tax-offset.1.toml")),
];
