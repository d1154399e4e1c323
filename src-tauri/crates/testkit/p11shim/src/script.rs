//! The script of faults and the state it keeps beside itself.

use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// What to do wrong; the JSON file named in `MOTCUA_P11SHIM_SCRIPT`, read again on every call.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Script {
    /// Wrong PINs until the token locks; absent: the target's own behaviour.
    pub(crate) pin_tries: Option<u32>,
    /// Token in its slot; absent: yes.
    pub(crate) present: Option<bool>,
    /// The token leaves its slot after so many signatures (counted in the state file).
    pub(crate) remove_after_signs: Option<u64>,
    /// Extra time of each signature.
    pub(crate) sign_delay_ms: u64,
    /// This function never returns.
    pub(crate) hang: Option<String>,
    /// These functions answer so without doing anything.
    pub(crate) fail: BTreeMap<String, String>,
    /// This function takes the process down.
    pub(crate) crash: Option<String>,
    /// The reader has a PIN pad; the officer types this PIN there.
    pub(crate) pin_pad: Option<String>,
    /// The token asks for a new PIN.
    pub(crate) must_change: bool,
    /// Mechanisms left out of the list, by number.
    pub(crate) hide_mechanisms: Vec<u64>,
    /// Keys want the PIN for every signature (`CKA_ALWAYS_AUTHENTICATE`).
    pub(crate) always_authenticate: bool,
}

impl Script {
    /// The script as it is now; no faults when there is none or it is half written.
    pub(crate) fn read() -> Self {
        let Some(path) = script_path() else { return Self::default() };
        std::fs::read(path).ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default()
    }

    /// Whether the token is out of its slot.
    pub(crate) fn removed(&self, state: &State) -> bool {
        self.present == Some(false) || self.remove_after_signs.is_some_and(|n| state.signs >= n)
    }
}

/// What must survive a restart of the process: `<script>.state`.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct State {
    /// PIN tries left; absent until the first wrong one.
    pub(crate) tries: Option<u32>,
    /// Signatures made.
    pub(crate) signs: u64,
    /// Calls by function name.
    pub(crate) calls: BTreeMap<String, u64>,
}

impl State {
    /// The state as it is now.
    pub(crate) fn read() -> Self {
        let Some(path) = state_path() else { return Self::default() };
        std::fs::read(path).ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default()
    }

    /// Keeps the state; a reader never sees half of it.
    pub(crate) fn write(&self) {
        let Some(path) = state_path() else { return };
        let fresh = path.with_extension("state.new");
        if let Ok(text) = serde_json::to_vec(self)
            && std::fs::write(&fresh, text).is_ok()
        {
            let _ = std::fs::rename(fresh, path);
        }
    }

    /// PIN tries left of `most`.
    pub(crate) fn tries_left(&self, most: u32) -> u32 {
        self.tries.unwrap_or(most).min(most)
    }
}

fn script_path() -> Option<PathBuf> {
    std::env::var_os("MOTCUA_P11SHIM_SCRIPT").map(PathBuf::from)
}

fn state_path() -> Option<PathBuf> {
    script_path().map(|path| Path::new(&path).with_extension("state"))
}
