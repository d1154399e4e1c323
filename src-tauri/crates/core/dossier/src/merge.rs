//! Two counters said something of the same dossier: what goes together by itself, and what a person decides.
//!
//! Lists only grow: both sides' entries stay. A single value that only one side changed (against what both had seen,
//! or, when that is not known, that only one side has) is taken and listed. One that both sides changed, differently, is
//! put side by side. Nothing is thrown away: every value of both sides is in the result or in what is listed.

use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What one side says: single values and growing lists, each by its name.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Sheet {
    /// Single values.
    pub fields: BTreeMap<String, String>,
    /// Lists, in the order of their entries.
    pub lists: BTreeMap<String, Vec<String>>,
}

/// Whose value.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// This counter's.
    Ours,
    /// The warehouse's.
    Theirs,
}

/// A single value on which the sides differ.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Difference {
    /// Which.
    pub field: String,
    /// This counter's value.
    pub ours: Option<String>,
    /// The warehouse's value.
    pub theirs: Option<String>,
    /// The side that was taken by itself; none where a person decides.
    pub taken: Option<Side>,
}

/// What goes together by itself, and what does not.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Merged {
    /// Values both sides agree on or only one side changed, and the lists of both.
    pub sheet: Sheet,
    /// Every single value on which the sides differ.
    pub differences: Vec<Difference>,
}

/// Values that nobody decided on yet.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("values are undecided")]
pub struct Undecided(pub Vec<String>);

/// Merges two sides; `base` is what both had seen, when that is known.
#[must_use]
pub fn merge(base: Option<&Sheet>, ours: &Sheet, theirs: &Sheet) -> Merged {
    let mut merged = Merged { sheet: Sheet::default(), differences: vec![] };
    let names: BTreeSet<&String> = ours.fields.keys().chain(theirs.fields.keys()).collect();
    for name in names {
        let (here, there) = (ours.fields.get(name), theirs.fields.get(name));
        let taken = match base.map(|b| b.fields.get(name)) {
            _ if here == there => None,
            Some(before) if here == before => Some(Side::Theirs),
            Some(before) if there == before => Some(Side::Ours),
            Some(_) => None,
            None if here.is_none() => Some(Side::Theirs),
            None if there.is_none() => Some(Side::Ours),
            None => None,
        };
        let value = match taken {
            Some(Side::Ours) => here,
            Some(Side::Theirs) => there,
            None => here.filter(|_| here == there),
        };
        if let Some(value) = value {
            merged.sheet.fields.insert(name.clone(), value.clone());
        }
        if here != there {
            let (ours, theirs) = (here.cloned(), there.cloned());
            merged.differences.push(Difference { field: name.clone(), ours, theirs, taken });
        }
    }
    for name in ours.lists.keys().chain(theirs.lists.keys()) {
        let both = [theirs, ours].into_iter().filter_map(|side| side.lists.get(name)).flatten();
        let mut entries: Vec<String> = vec![];
        for entry in both {
            if !entries.contains(entry) {
                entries.push(entry.clone());
            }
        }
        merged.sheet.lists.insert(name.clone(), entries);
    }
    merged
}

impl Merged {
    /// Values a person must decide on.
    pub fn open(&self) -> impl Iterator<Item = &Difference> {
        self.differences.iter().filter(|difference| difference.taken.is_none())
    }

    /// The result once a side is chosen for every open value.
    ///
    /// # Errors
    /// Some value is undecided; their names.
    pub fn decide(mut self, choices: &BTreeMap<String, Side>) -> Result<(Sheet, Vec<Difference>), Undecided> {
        let mut undecided = vec![];
        for difference in self.differences.iter_mut().filter(|d| d.taken.is_none()) {
            let Some(side) = choices.get(&difference.field) else {
                undecided.push(difference.field.clone());
                continue;
            };
            difference.taken = Some(*side);
            let value = match side {
                Side::Ours => &difference.ours,
                Side::Theirs => &difference.theirs,
            };
            if let Some(value) = value {
                self.sheet.fields.insert(difference.field.clone(), value.clone());
            }
        }
        if undecided.is_empty() { Ok((self.sheet, self.differences)) } else { Err(Undecided(undecided)) }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sheet() -> impl Strategy<Value = Sheet> {
        let fields = proptest::collection::btree_map("[a-d]", "[x-z]", 0..4);
        let lists = proptest::collection::btree_map("[l-m]", proptest::collection::vec("[1-5]", 0..5), 0..3);
        (fields, lists).prop_map(|(fields, lists)| Sheet { fields, lists })
    }

    fn mirrored(difference: &Difference) -> Difference {
        let other = |side| if side == Side::Ours { Side::Theirs } else { Side::Ours };
        Difference {
            field: difference.field.clone(),
            ours: difference.theirs.clone(),
            theirs: difference.ours.clone(),
            taken: difference.taken.map(other),
        }
    }

    proptest! {
        #[test]
        fn it_does_not_matter_who_asks(base in proptest::option::of(sheet()), a in sheet(), b in sheet()) {
            let (here, there) = (merge(base.as_ref(), &a, &b), merge(base.as_ref(), &b, &a));
            prop_assert_eq!(&here.sheet.fields, &there.sheet.fields);
            let swapped: Vec<_> = there.differences.iter().map(mirrored).collect();
            prop_assert_eq!(&here.differences, &swapped);
            for (name, entries) in &here.sheet.lists {
                let set = |list: &Vec<String>| list.iter().cloned().collect::<BTreeSet<_>>();
                prop_assert_eq!(set(entries), set(&there.sheet.lists[name]), "the order alone may differ");
            }
        }

        #[test]
        fn nothing_is_lost(base in proptest::option::of(sheet()), a in sheet(), b in sheet()) {
            let merged = merge(base.as_ref(), &a, &b);
            for (side, from) in [(&a, Side::Ours), (&b, Side::Theirs)] {
                for (name, value) in &side.fields {
                    let listed = merged.differences.iter().find(|d| d.field == *name);
                    let held = match (listed, from) {
                        (None, _) => merged.sheet.fields.get(name),
                        (Some(difference), Side::Ours) => difference.ours.as_ref(),
                        (Some(difference), Side::Theirs) => difference.theirs.as_ref(),
                    };
                    prop_assert_eq!(held, Some(value));
                }
                for (name, entries) in &side.lists {
                    for entry in entries {
                        let kept = merged.sheet.lists[name].iter().filter(|e| *e == entry).count();
                        prop_assert_eq!(kept, 1, "once, however often it was said");
                    }
                }
            }
        }

        #[test]
        fn who_agrees_has_no_conflict(base in proptest::option::of(sheet()), a in sheet()) {
            let merged = merge(base.as_ref(), &a, &a);
            prop_assert_eq!(merged.differences.len(), 0);
            prop_assert_eq!(merged.sheet.fields, a.fields);
        }

        #[test]
        fn what_one_side_changed_is_taken_and_listed(base in sheet(), a in sheet()) {
            let merged = merge(Some(&base), &a, &base);
            prop_assert_eq!(merged.open().count(), 0);
            prop_assert_eq!(&merged.sheet.fields, &a.fields);
            prop_assert!(merged.differences.iter().all(|d| d.taken == Some(Side::Ours)));
        }

        #[test]
        fn a_person_decides_the_rest(a in sheet(), b in sheet(), ours in any::<bool>()) {
            let merged = merge(None, &a, &b);
            let open: Vec<String> = merged.open().map(|d| d.field.clone()).collect();
            prop_assert_eq!(
                merged.clone().decide(&BTreeMap::new()).err(),
                (!open.is_empty()).then_some(Undecided(open.clone()))
            );
            let side = if ours { Side::Ours } else { Side::Theirs };
            let choices = open.iter().map(|field| (field.clone(), side)).collect();
            let (sheet, differences) = merged.decide(&choices).unwrap();
            let chosen = if ours { &a } else { &b };
            prop_assert!(open.iter().all(|field| sheet.fields[field] == chosen.fields[field]));
            prop_assert!(differences.iter().all(|d| d.taken.is_some()));
        }
    }
}
