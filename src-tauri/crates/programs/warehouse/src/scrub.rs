//! Reading files again, a share of them at a time, so that a disk that forgets is found before a paper is
//! needed.

use crate::backup::named_blobs;
use crate::{Config, ServeError, StoreError, Warehouse};
use motcua_dossier::BlobId;
use serde::Serialize;

/// What a run found.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct ScrubReport {
    /// One of so many files was read…
    pub share: u16,
    /// …those of this part, which follows from the day: after `share` days every file was read.
    pub part: u16,
    /// Files read.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Files that are absent.
    pub missing: Vec<String>,
    /// Files whose bytes changed.
    pub changed: Vec<String>,
    /// Changed files moved to `damaged/`, so that counters that have them send them again.
    pub set_aside: u64,
}

impl ScrubReport {
    /// Every file read is whole.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.missing.is_empty() && self.changed.is_empty()
    }
}

/// Reads one of `share` files (1 for all) and compares it with its hash; may run beside a server.
///
/// # Errors
/// The directory cannot be opened or read.
pub fn scrub(config: &Config, share: u16, set_aside: bool) -> Result<ScrubReport, ServeError> {
    let warehouse = Warehouse::beside(config)?;
    let share = share.max(1);
    let day = warehouse.now().0.div_euclid(24 * 60 * 60 * 1000);
    let part = u16::try_from(day.rem_euclid(i64::from(share))).unwrap_or(0);
    let mut report = ScrubReport { share, part, ..ScrubReport::default() };
    for blob in named_blobs(&warehouse.records)?.iter().filter(|b| part_of(b, share) == part) {
        report.files += 1;
        match warehouse.blobs.is_whole(blob) {
            Ok(whole) => {
                report.bytes += std::fs::metadata(warehouse.blobs.path(blob)).map_or(0, |m| m.len());
                if whole {
                    continue;
                }
                report.changed.push(blob.to_string());
                if set_aside {
                    let aside = config.data.join("damaged");
                    warehouse.blobs.set_aside(blob, &aside).map_err(StoreError::from)?;
                    report.set_aside += 1;
                }
            }
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => report.missing.push(blob.to_string()),
            Err(e) => return Err(StoreError::from(e).into()),
        }
    }
    Ok(report)
}

fn part_of(blob: &BlobId, share: u16) -> u16 {
    u16::from_be_bytes([blob.0[0], blob.0[1]]) % share
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_in_one_part() {
        for n in 0..=255u8 {
            let mut blob = BlobId([n; 32]);
            blob.0[1] = n.wrapping_mul(31);
            assert_eq!((0..30).filter(|part| part_of(&blob, 30) == *part).count(), 1);
            assert_eq!(part_of(&blob, 1), 0, "a share of one is every file");
        }
    }
}
