//! What changed, page by page: a cursor names the epoch, the scope and the number of the last change seen. A scope that
//! grew has changes before the cursor that were never told, so the cursor of another scope leads nowhere.

use crate::apply::MIN_SCHEMA;
use crate::problem::Refusal;
use crate::scope::Scope;
use crate::store::StoreError;
use crate::warehouse::Warehouse;
use motcua_dossier::{DossierId, OfficeDossier};
use motcua_wire::{Changes, DossierPage};

/// A change is told for so long; a machine that was away longer asks for what it needs by itself.
pub(crate) const CHANGES_DAYS: i64 = 90;

/// Where a reader stands. Its text is opaque to counters.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Cursor {
    epoch: u64,
    seq: u64,
    /// [`Scope::mark`]; empty in a cursor of before there were any.
    scope: String,
}

impl Cursor {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (rest, scope) = match text.strip_prefix("v1.") {
            Some(rest) => (rest, ""),
            None => text.strip_prefix("v2.")?.rsplit_once('.')?,
        };
        let marked =
            scope.len() == 16 && scope.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        if !marked && text.starts_with("v2.") {
            return None;
        }
        let (epoch, seq) = rest.split_once('.')?;
        let number =
            |digits: &str| digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse::<u64>().ok())?;
        let (epoch, seq) = (number(epoch)?, number(seq)?);
        // What the database cannot count to is nobody's place.
        (i64::try_from(seq).is_ok()).then(|| Self { epoch, seq, scope: scope.to_owned() })
    }

    fn text(&self) -> String {
        format!("v2.{}.{}.{}", self.epoch, self.seq, self.scope)
    }
}

impl Warehouse {
    /// The next page of a scope; without a cursor from the oldest that is still told.
    pub(crate) fn changes(
        &self,
        scope: &Scope,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Changes, Refusal> {
        let mark = scope.mark();
        self.records
            .read(|v| {
                let (epoch, bounds) = (v.epoch()?, v.change_bounds()?);
                let seq = after.map_or(bounds.pruned, |cursor| cursor.seq);
                if after.is_some_and(|cursor| cursor.epoch != epoch || cursor.scope != mark)
                    || !(bounds.pruned..=bounds.newest).contains(&seq)
                {
                    return Ok(None);
                }
                let limit = limit as usize;
                let mut found = v.changes_after(seq, scope, u32::try_from(limit + 1).unwrap_or(u32::MAX))?;
                let has_more = found.len() > limit;
                found.truncate(limit);
                let seq = found.last().map_or(seq, |(seq, _)| *seq);
                Ok(Some(Changes {
                    items: found.into_iter().map(|(_, change)| change).collect(),
                    next_cursor: Cursor { epoch, seq, scope: mark }.text(),
                    has_more,
                    min_schema: MIN_SCHEMA,
                    epoch,
                    time: self.now(),
                }))
            })?
            .ok_or(Refusal::CursorGone)
    }
}

impl Warehouse {
    /// A page of a scope's accepted dossiers, and where changes after it begin.
    pub(crate) fn office_page(
        &self,
        scope: &Scope,
        after: Option<DossierId>,
        limit: usize,
    ) -> Result<DossierPage, StoreError> {
        let (epoch, newest, now) =
            self.records.read(|v| Ok((v.epoch()?, v.change_bounds()?.newest, self.now())))?;
        // Read after the bounds: a change between the two is told again, none is left out.
        let mut items = self.records.read(|v| v.office_page(scope, after, limit, now))?;
        let next = (items.len() == limit).then(|| items.last().map(|d| d.id)).flatten();
        self.name_procedures(&mut items);
        Ok(DossierPage {
            items,
            next,
            cursor: Cursor { epoch, seq: newest, scope: scope.mark() }.text(),
            epoch,
        })
    }

    /// Names of procedures as the newest reference data has them.
    pub(crate) fn name_procedures(&self, rows: &mut [OfficeDossier]) {
        let Ok(Some(reference)) = self.reference() else { return };
        for row in rows {
            let named = reference.data.procedures.iter().find(|p| p.code.same_procedure(&row.procedure));
            row.procedure_name = named.map(|p| p.name.clone()).unwrap_or_default();
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::warehouse::on_clock;
    use motcua_dossier::Timestamp;
    use motcua_wire::Change;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicI64, Ordering};

    const DAY: i64 = 24 * 60 * 60 * 1000;

    #[test]
    fn numbers_have_no_gaps_and_a_place_before_the_oldest_is_gone() {
        let dir = tempfile::tempdir().unwrap();
        let now = Arc::new(AtomicI64::new(100 * DAY));
        let warehouse = on_clock(dir.path(), &now);
        let note = |version: u64, agency: Option<&str>| {
            let at = warehouse.now();
            warehouse.records.write(|v| v.note(&Change::Reference { version }, agency, at)).unwrap();
        };
        note(1, Some("a"));
        let undone: Result<(), StoreError> = warehouse.records.write(|v| {
            v.note(&Change::Reference { version: 2 }, Some("a"), Timestamp(0))?;
            Err(StoreError::Identifier)
        });
        assert!(undone.is_err());
        note(3, Some("b"));
        note(4, None);
        let page = |after: Option<Cursor>| warehouse.changes(&Scope::only("a"), after.as_ref(), 500);
        let at = |seq| Some(Cursor { epoch: 1, seq, scope: Scope::only("a").mark() });
        let first = page(None).unwrap();
        assert_eq!(first.items, [1, 4].map(|version| Change::Reference { version }));
        assert_eq!(Cursor::parse(&first.next_cursor), at(3), "what was undone has no number");
        assert!(matches!(page(at(4)), Err(Refusal::CursorGone)), "nobody was told so much");
        now.fetch_add(CHANGES_DAYS * DAY + 1, Ordering::SeqCst);
        note(5, Some("a"));
        warehouse.sweep();
        warehouse.sweep();
        assert!(matches!(page(at(2)), Err(Refusal::CursorGone)), "it may have missed the third");
        for after in [at(3), None] {
            assert_eq!(page(after).unwrap().items, [Change::Reference { version: 5 }]);
        }
        now.fetch_add(CHANGES_DAYS * DAY + 1, Ordering::SeqCst);
        warehouse.sweep();
        assert_eq!(page(None).unwrap().items, []);
        note(6, None);
        assert_eq!(Cursor::parse(&page(at(4)).unwrap().next_cursor), at(5), "no number is given twice");
        warehouse.records.raise_epoch().unwrap();
        assert!(matches!(page(at(5)), Err(Refusal::CursorGone)));
    }

    #[test]
    fn a_cursor_reads_back_and_nothing_else_does() {
        let cursor = Cursor { epoch: 3, seq: 17, scope: Scope::only("a").mark() };
        assert_eq!(Cursor::parse(&cursor.text()).as_ref(), Some(&cursor));
        let old = Cursor::parse("v1.3.17").unwrap();
        assert_eq!((old.epoch, old.seq, old.scope.as_str()), (3, 17, ""), "of no scope there is");
        for text in [
            "",
            "v1",
            "v1.1",
            "v1.1.",
            "v1.+1.2",
            "v1.1.-2",
            "v2.1.2",
            "v2.1.2.00000000000000g0",
            "v2.1.2.0123",
            "v3.1.2",
            "v1.1.9223372036854775808",
            "v1.1.2.3",
        ] {
            assert_eq!(Cursor::parse(text), None, "{text}");
        }
    }
}
