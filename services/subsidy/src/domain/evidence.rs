//! Evidence (佐证材料): documents that are kept elsewhere, named by what they are, their digest and their place.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// One of the codes that the scheme asks for.
    pub code: String,
    /// SHA-256 of the document, in lower-case hex.
    pub sha256: String,
    /// The name of the place where it is kept.
    pub place: String,
}
