//! The style sheet: one file, named by its content, so that browsers may keep it for ever.

use std::sync::LazyLock;

use sha2::{Digest, Sha256};

/// Colours, sizes and spaces, for every page of Tollgate.
pub const TOKENS: &str = include_str!("tokens.css");
/// The dashboard's own rules.
const DASHBOARD: &str = include_str!("dashboard.css");
/// Bytes of the hash that the name carries.
const NAME_BYTES: usize = 8;

/// The style sheet of the dashboard.
pub static SHEET: LazyLock<Sheet> = LazyLock::new(|| {
    let text = format!("{TOKENS}{DASHBOARD}");
    let mut digest = Sha256::digest(text.as_bytes()).to_vec();
    digest.truncate(NAME_BYTES);
    let hash = digest.iter().fold(0_u64, |hash, byte| (hash << 8) | u64::from(*byte));
    Sheet { name: format!("dashboard.{hash:016x}.css"), text }
});

/// A style sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// Name of its file.
    pub name: String,
    /// The rules.
    pub text: String,
}

impl Sheet {
    /// Address of the file.
    pub fn path(&self) -> String {
        format!("/billing-assets/{}", self.name)
    }
}
