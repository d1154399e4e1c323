//! Every error of the desk as `{code, params, reference}`. The page writes the sentence from the code;
//! the reference leads to the line in the log.

use crate::view::AppError;
use motcua_assembly::{EnrolError, TrainingError};
use motcua_desk::DeskError;
use motcua_desk::ports::LinkError;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};

/// A request the page cannot have made by itself: an identifier that is none, a word that is unknown.
pub const INTERNAL: &str = "internal";
/// The officer closed the PIN window or stopped signing: an outcome, not a failure.
pub const SIGN_CANCELLED: &str = "signCancelled";
/// The place the officer chose cannot be written.
pub const FILE_NOT_SAVED: &str = "fileNotSaved";

impl AppError {
    /// An error of the window itself.
    #[must_use]
    pub fn of(code: &str) -> Self {
        let reference = next_reference();
        tracing::warn!(code, reference, "command refused");
        Self { code: code.to_owned(), params: BTreeMap::new(), reference }
    }

    /// A request that cannot be understood.
    #[must_use]
    pub fn internal() -> Self {
        Self::of(INTERNAL)
    }
}

impl From<DeskError> for AppError {
    fn from(error: DeskError) -> Self {
        let reference = next_reference();
        tracing::warn!(code = error.code(), reference, "command refused");
        Self { code: error.code().to_owned(), params: error.params(), reference }
    }
}

impl From<EnrolError> for AppError {
    fn from(error: EnrolError) -> Self {
        match error {
            // What is wrong with a code is said of the code; the desk knows nothing of enrolment.
            EnrolError::Link(LinkError::Refused(code)) => Self::of(&code),
            EnrolError::Link(error) => DeskError::from(error).into(),
            error => {
                tracing::error!(%error, "machine could not enrol");
                Self::internal()
            }
        }
    }
}

impl From<TrainingError> for AppError {
    fn from(error: TrainingError) -> Self {
        tracing::error!(%error, "no training");
        Self::of(error.code())
    }
}

impl From<motcua_dossier::IdNumberError> for AppError {
    fn from(error: motcua_dossier::IdNumberError) -> Self {
        DeskError::from(error).into()
    }
}

/// `7F3K-20`: four characters of this run, then a running number. Letters that look alike are left out.
fn next_reference() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    static RUN: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    let run = RUN.get_or_init(|| {
        const ALPHABET: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
        let seed = uuid::Uuid::from_u128(
            u128::from(std::process::id())
                ^ time::OffsetDateTime::now_utc().unix_timestamp_nanos().unsigned_abs(),
        );
        let mixed =
            seed.as_bytes().iter().fold(0u32, |sum, b| sum.wrapping_mul(31).wrapping_add(u32::from(*b)));
        (0..4).map(|i| char::from(ALPHABET[(mixed >> (i * 5)) as usize & 31])).collect()
    });
    format!("{run}-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_errors_have_two_references() {
        let (first, second) = (AppError::internal(), AppError::internal());
        assert_ne!(first.reference, second.reference, "an officer reads one to the help desk");
        assert_eq!(first.reference[..5], second.reference[..5], "one run, one prefix");
    }
}
