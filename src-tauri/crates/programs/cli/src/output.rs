//! stdout is data, stderr is talk, and every failure is a sentence with its code.

use crate::help::Mistake;
use motcua_assembly::{AssemblyError, ProfileError};
use motcua_desk::DeskError;
use serde::Serialize;
use std::collections::BTreeMap;
use std::process::ExitCode;

/// The sentences of the window; the command line says the same ones.
const TEXTS: &str = include_str!("../../../../../ui/src/text/vi.json");

/// How data is printed.
#[derive(Clone, Copy)]
pub(crate) struct Output {
    pub(crate) json: bool,
}

/// Why a command did not do it.
pub(crate) enum Failure {
    /// A use case refused.
    Desk(DeskError),
    /// The counter's settings make no desk.
    Assembly(AssemblyError),
    /// The vault has no catalogue of procedures: never synchronised, and installed without one.
    NoCatalogue,
    /// The command line was typed wrong.
    Usage(Mistake),
    /// Something around it: a file, the profile, the demo.
    Other(anyhow::Error),
}

impl From<DeskError> for Failure {
    fn from(error: DeskError) -> Self {
        Self::Desk(error)
    }
}

impl From<ProfileError> for Failure {
    fn from(error: ProfileError) -> Self {
        Self::Assembly(error.into())
    }
}

impl From<AssemblyError> for Failure {
    fn from(error: AssemblyError) -> Self {
        Self::Assembly(error)
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Other(error)
    }
}

impl Output {
    /// Prints `data` as JSON, or `plain` as text.
    pub(crate) fn data<T: Serialize>(self, data: &T, plain: impl FnOnce()) -> Result<(), Failure> {
        if self.json {
            println!("{}", serde_json::to_string_pretty(data).map_err(anyhow::Error::from)?);
        } else {
            plain();
        }
        Ok(())
    }

    /// Prints the failure and gives its exit code.
    pub(crate) fn fail(self, failure: &Failure) -> ExitCode {
        let (code, params, said, todo) = match failure {
            Failure::Desk(error) => {
                let (code, params) = (error.code(), error.params());
                let said = sentence("err", code, &params).unwrap_or_else(|| error.to_string());
                (code.to_owned(), params.clone(), said, sentence("rec", code, &params).unwrap_or_default())
            }
            Failure::NoCatalogue => {
                let code = "referenceMissing";
                let none = BTreeMap::new();
                let said = sentence("err", code, &none).unwrap_or_default();
                (code.to_owned(), none.clone(), said, sentence("rec", code, &none).unwrap_or_default())
            }
            Failure::Assembly(error) => {
                let (code, params) = (error.code(), BTreeMap::new());
                let said = sentence("err", code, &params).unwrap_or_else(|| error.to_string());
                (code.to_owned(), params.clone(), said, sentence("rec", code, &params).unwrap_or_default())
            }
            Failure::Usage(Mistake { said, todo }) => {
                ("usage".into(), BTreeMap::new(), said.clone(), todo.clone())
            }
            Failure::Other(error) => ("other".into(), BTreeMap::new(), format!("{error:#}"), String::new()),
        };
        eprintln!("✗ {said}");
        if !todo.is_empty() {
            eprintln!("  {todo}");
        }
        eprintln!("  mã: {code}");
        if self.json {
            let body = serde_json::json!({ "error": { "code": code, "params": params } });
            println!("{body}");
        }
        ExitCode::from(match code.as_str() {
            "usage" => 2,
            link if link.starts_with("link") => 3,
            _ => 1,
        })
    }
}

/// The window's word for a value, by the name it is serialised under (`<kind>_<name>`).
pub(crate) fn word(kind: &str, value: &impl Serialize) -> String {
    let name = match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => name,
        Ok(serde_json::Value::Object(fields)) => {
            fields.get("state").and_then(|v| v.as_str()).unwrap_or_default().to_owned()
        }
        _ => String::new(),
    };
    sentence(kind, &name, &BTreeMap::new()).unwrap_or(name)
}

/// `err_<code>` or `rec_<code>` with its parameters filled in.
pub(crate) fn sentence(kind: &str, code: &str, params: &BTreeMap<String, String>) -> Option<String> {
    let texts: BTreeMap<String, serde_json::Value> = serde_json::from_str(TEXTS).ok()?;
    let mut text = texts.get(&format!("{kind}_{code}"))?.as_str()?.to_owned();
    for (name, value) in params {
        text = text.replace(&format!("{{{name}}}"), value);
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use motcua_dossier::OutboxKind;
    use motcua_signature::{Integrity, Trust};

    #[test]
    fn values_are_told_in_the_windows_words() {
        assert_eq!(word("integrity", &Integrity::Intact), "Nguyên vẹn từ lúc ký");
        assert_eq!(word("trust", &Trust::Trusted { anchor: "CA (DEMO)".into() }), "Tin cậy");
        assert_eq!(word("trust", &Trust::Expired), "Hết hiệu lực");
        assert_eq!(word("out_kind", &OutboxKind::Acceptance), "Hồ sơ tiếp nhận");
        assert_eq!(word("offer", &"suggested"), "Gợi ý theo tên");
    }
}
