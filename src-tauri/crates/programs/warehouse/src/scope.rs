//! What a caller may see: a set of agencies, found along the dated tree of organisations. Every query that gives
//! rows of an office goes through [`Scope`]; no level of the tree has a name here.

use motcua_dossier::{Day, OrgNode};
use sha2::{Digest, Sha256};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// Agencies whose rows may be seen.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Scope {
    agencies: Arc<BTreeSet<String>>,
    /// The same as a JSON array, for the store.
    json: Arc<str>,
}

impl Scope {
    pub(crate) fn of(agencies: BTreeSet<String>) -> Self {
        let json = serde_json::Value::from_iter(agencies.iter().cloned()).to_string().into();
        Self { agencies: Arc::new(agencies), json }
    }

    /// One agency and nothing else.
    pub(crate) fn only(agency: &str) -> Self {
        Self::of(BTreeSet::from([agency.to_owned()]))
    }

    pub(crate) fn contains(&self, agency: &str) -> bool {
        self.agencies.contains(agency)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.agencies.is_empty()
    }

    /// The one agency, where it is one.
    pub(crate) fn single(&self) -> Option<&str> {
        if self.agencies.len() == 1 { self.agencies.first().map(String::as_str) } else { None }
    }

    /// Tells this scope from others, in a cursor.
    pub(crate) fn mark(&self) -> String {
        hex::encode(&Sha256::digest(self.json.as_bytes())[..8])
    }

    /// Bound to the parameter that [`Scope::holds`] names.
    pub(crate) fn parameter(&self) -> &str {
        &self.json
    }

    /// The predicate: that column names an agency of the scope bound to that parameter.
    pub(crate) fn holds(column: &str, parameter: &str) -> String {
        format!("{column} IN (SELECT value FROM json_each({parameter}))")
    }
}

/// The tree, ready for walks.
#[derive(Default)]
pub(crate) struct Tree {
    nodes: Vec<OrgNode>,
    children: HashMap<String, Vec<usize>>,
    /// Nodes that ended, by the node that took over.
    before: HashMap<String, Vec<usize>>,
    by_id: HashMap<String, Vec<usize>>,
    by_code: HashMap<String, Vec<usize>>,
}

impl Tree {
    pub(crate) fn new(nodes: &[OrgNode]) -> Self {
        let mut tree = Self { nodes: nodes.to_vec(), ..Self::default() };
        for (at, node) in nodes.iter().enumerate() {
            tree.by_id.entry(node.id.clone()).or_default().push(at);
            if let Some(code) = &node.agency_code {
                tree.by_code.entry(code.clone()).or_default().push(at);
            }
            if let Some(parent) = &node.parent {
                tree.children.entry(parent.clone()).or_default().push(at);
            }
            if let Some(after) = &node.successor {
                tree.before.entry(after.clone()).or_default().push(at);
            }
        }
        tree
    }

    /// A machine's own office on that day: its agency, and those whose work it took over.
    pub(crate) fn office(&self, agency: &str, day: Day) -> Scope {
        let named = |n: &usize| self.nodes[*n].agency_code.as_deref() == Some(agency);
        let begun = (0..self.nodes.len()).filter(named).filter(|n| self.has_begun(*n, day));
        let own: Vec<String> =
            begun.filter(|n| !self.went_on(*n, day)).map(|n| self.nodes[n].id.clone()).collect();
        let mut agencies = self.walk(&own, day, false);
        agencies.insert(agency.to_owned());
        Scope::of(agencies)
    }

    /// Agencies at and below that node on that day, and those whose work they took over.
    pub(crate) fn below(&self, node: &str, day: Day) -> BTreeSet<String> {
        self.walk(&[node.to_owned()], day, true)
    }

    /// An agency and those below it on that day: what a portal of it submits to. Not one that ended and that nobody took
    /// over: nobody would see what is sent there.
    pub(crate) fn under(&self, agency: &str, day: Day) -> BTreeSet<String> {
        let rows = self.by_code.get(agency).into_iter().flatten().copied();
        let own: Vec<String> = rows
            .filter(|n| self.has_begun(*n, day) && !self.went_on(*n, day))
            .map(|n| self.nodes[n].id.clone())
            .collect();
        let mut agencies = self.walk(&own, day, true);
        agencies.insert(agency.to_owned());
        agencies.retain(|code| self.is_served(code, day));
        agencies
    }

    /// Somebody works for the agency on that day: a node of it, or whoever took one over.
    fn is_served(&self, code: &str, day: Day) -> bool {
        let Some(rows) = self.by_code.get(code) else { return true };
        let (mut seen, mut todo) = (BTreeSet::new(), rows.clone());
        while let Some(row) = todo.pop() {
            if !seen.insert(row) {
                continue;
            }
            if self.has_begun(row, day) && !self.has_ended(row, day) {
                return true;
            }
            let after = self.nodes[row].successor.as_ref().and_then(|id| self.by_id.get(id));
            todo.extend(after.into_iter().flatten());
        }
        false
    }

    /// Agencies a grant at that node reaches: those at and below it; that of a unit which is no agency and has none
    /// below is the one it belongs to, as long as that is the node's it stands at.
    pub(crate) fn reach(&self, node: &str, day: Day) -> BTreeSet<String> {
        let below = self.below(node, day);
        if !below.is_empty() {
            return below;
        }
        let at = self.agency_row(node, day);
        at.map(|row| self.own(&self.nodes[row].id, day).collect()).unwrap_or_default()
    }

    /// The agencies of a node that has begun and has given them to no other.
    fn own(&self, id: &str, day: Day) -> impl Iterator<Item = String> {
        let rows = self.by_id.get(id).into_iter().flatten().copied();
        let held = rows.filter(move |n| self.has_begun(*n, day) && !self.went_on(*n, day));
        held.filter_map(|n| self.nodes[n].agency_code.clone())
    }

    fn walk(&self, from: &[String], day: Day, down: bool) -> BTreeSet<String> {
        let (mut seen, mut todo) = (BTreeSet::new(), from.to_vec());
        let mut agencies = BTreeSet::new();
        while let Some(id) = todo.pop() {
            if !seen.insert(id.clone()) {
                continue;
            }
            let at = |list: &HashMap<String, Vec<usize>>| list.get(&id).cloned().unwrap_or_default();
            agencies.extend(self.own(&id, day));
            let below = at(&self.children).into_iter().filter(|_| down).filter(|n| self.is_here(*n, day));
            let taken_over = at(&self.before).into_iter().filter(|n| self.has_ended(*n, day));
            todo.extend(below.chain(taken_over).map(|n| self.nodes[n].id.clone()));
        }
        agencies
    }

    /// Is the row the place of its node: it holds on that day, or it was the node's last and nobody took over.
    fn is_here(&self, at: usize, day: Day) -> bool {
        let node = &self.nodes[at];
        if !self.has_begun(at, day) {
            return false;
        }
        if !self.has_ended(at, day) {
            return true;
        }
        let outlived = self.by_id[&node.id].iter().map(|other| &self.nodes[*other]).any(|other| {
            other.from.is_none_or(|from| from <= day) && (other.until.is_none() || other.until > node.until)
        });
        node.successor.is_none() && !outlived
    }

    fn has_begun(&self, at: usize, day: Day) -> bool {
        self.nodes[at].from.is_none_or(|from| from <= day)
    }

    /// The row is over and its agency is another node's on that day.
    fn went_on(&self, at: usize, day: Day) -> bool {
        let node = &self.nodes[at];
        let elsewhere = |n: &usize| self.nodes[*n].id != node.id && !self.has_ended(*n, day);
        let holders = node.agency_code.as_ref().and_then(|code| self.by_code.get(code));
        self.has_ended(at, day)
            && holders
                .is_some_and(|rows| rows.iter().filter(|n| elsewhere(n)).any(|n| self.has_begun(*n, day)))
    }

    fn has_ended(&self, at: usize, day: Day) -> bool {
        self.nodes[at].until.is_some_and(|until| until < day)
    }

    /// The agency a node belongs to: its own, or that of the nearest above it.
    pub(crate) fn agency_of(&self, node: &str, day: Day) -> Option<String> {
        self.agency_row(node, day).and_then(|row| self.nodes[row].agency_code.clone())
    }

    /// Is that node the other one, or below it on that day.
    pub(crate) fn is_under(&self, node: &str, above: &str, day: Day) -> bool {
        let (mut seen, mut id) = (BTreeSet::new(), node.to_owned());
        while seen.insert(id.clone()) {
            if id == above {
                return true;
            }
            let Some(rows) = self.by_id.get(&id) else { return false };
            let row = rows.iter().copied().find(|n| self.is_here(*n, day)).or(rows.last().copied());
            let Some(parent) = row.and_then(|row| self.nodes[row].parent.clone()) else { return false };
            id = parent;
        }
        false
    }

    fn agency_row(&self, node: &str, day: Day) -> Option<usize> {
        let (mut seen, mut id) = (BTreeSet::new(), node.to_owned());
        while seen.insert(id.clone()) {
            let rows = self.by_id.get(&id)?;
            let row = rows.iter().copied().find(|n| self.is_here(*n, day)).or(rows.last().copied())?;
            let node = &self.nodes[row];
            if node.agency_code.is_some() {
                return Some(row);
            }
            id = node.parent.clone()?;
        }
        None
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        Day::parse(text).unwrap()
    }

    fn node(
        id: &str,
        parent: Option<&str>,
        dates: (Option<&str>, Option<&str>),
        after: Option<&str>,
    ) -> OrgNode {
        OrgNode {
            id: id.into(),
            parent: parent.map(str::to_owned),
            name: id.into(),
            level: "cấp".into(),
            agency_code: Some(format!("code-{id}")),
            from: dates.0.map(day),
            until: dates.1.map(day),
            successor: after.map(str::to_owned),
        }
    }

    fn names(agencies: &BTreeSet<String>) -> Vec<&str> {
        agencies.iter().map(|code| code.trim_start_matches("code-")).collect()
    }

    /// Three levels until the reform, two after it: one commune of two.
    fn reform() -> Tree {
        let (old, new) = ((None, Some("2025-06-30")), (Some("2025-07-01"), None));
        Tree::new(&[
            node("province", None, (None, None), None),
            node("district", Some("province"), old, None),
            node("commune-a", Some("district"), old, Some("commune")),
            node("commune-b", Some("district"), old, Some("commune")),
            node("commune", Some("province"), new, None),
            node("other", Some("province"), new, None),
        ])
    }

    #[test]
    fn a_reform_moves_work_to_whoever_took_over_and_old_offices_stay_reachable() {
        let (tree, before, after) = (reform(), day("2025-06-30"), day("2025-07-01"));
        assert_eq!(names(&tree.below("district", before)), ["commune-a", "commune-b", "district"]);
        assert_eq!(names(&tree.below("district", after)), ["district"], "what it had is the commune's");
        assert_eq!(names(&tree.below("commune", after)), ["commune", "commune-a", "commune-b"]);
        assert_eq!(
            names(&tree.office("code-commune", after).agencies),
            ["commune", "commune-a", "commune-b"]
        );
        assert_eq!(
            names(&tree.office("code-province", after).agencies),
            ["province"],
            "a machine sees no offices below"
        );
        assert_eq!(tree.below("province", after).len(), 6);
        assert_eq!(names(&tree.office("code-unknown", after).agencies), ["unknown"]);
    }

    #[test]
    fn a_grant_at_a_unit_without_a_code_reaches_the_agency_of_the_unit() {
        let desk = OrgNode { agency_code: None, ..node("desk", Some("one"), (None, None), None) };
        let tree = Tree::new(&[node("one", None, (None, None), None), desk]);
        let today = day("2026-11-21");
        assert!(tree.below("desk", today).is_empty());
        assert_eq!(names(&tree.reach("desk", today)), ["one"]);
        assert_eq!(names(&tree.reach("one", today)), ["one"]);
        assert!(tree.reach("nowhere", today).is_empty());
    }

    #[test]
    fn a_portal_submits_to_agencies_somebody_works_for_on_that_day() {
        let tree = Tree::new(&[
            node("province", None, (None, None), None),
            node("old", Some("province"), (None, Some("2025-06-30")), Some("new")),
            node("new", Some("province"), (Some("2025-07-01"), None), None),
            node("closed", Some("province"), (None, Some("2025-06-30")), None),
            node("heir", Some("province"), (None, Some("2025-12-31")), None),
            node("before", Some("province"), (None, Some("2025-06-30")), Some("heir")),
            node("elsewhere", None, (None, None), None),
        ]);
        let on = |text: &str| tree.under("code-province", day(text));
        assert_eq!(names(&on("2025-06-30")), ["before", "closed", "heir", "old", "province"]);
        assert_eq!(
            names(&on("2025-07-01")),
            ["before", "heir", "new", "old", "province"],
            "one has no successor"
        );
        assert_eq!(names(&on("2026-01-01")), ["new", "old", "province"], "nor has the successor of another");
        assert_eq!(names(&tree.under("code-elsewhere", day("2026-01-01"))), ["elsewhere"]);
        assert_eq!(
            names(&tree.under("code-unknown", day("2026-01-01"))),
            ["unknown"],
            "it may not be in the tree"
        );
    }

    #[test]
    fn a_moved_node_is_below_its_new_parent_from_its_day_on() {
        let tree = Tree::new(&[
            node("one", None, (None, None), None),
            node("two", None, (None, None), None),
            node("unit", Some("one"), (None, Some("2025-12-31")), None),
            node("unit", Some("two"), (Some("2026-01-01"), None), None),
        ]);
        assert_eq!(names(&tree.below("one", day("2025-12-31"))), ["one", "unit"]);
        assert_eq!(names(&tree.below("two", day("2025-12-31"))), ["two"]);
        assert_eq!(names(&tree.below("one", day("2026-01-01"))), ["one"]);
        assert_eq!(names(&tree.below("two", day("2026-01-01"))), ["two", "unit"]);
    }

    #[test]
    fn an_agency_of_another_day_is_nobodys_today() {
        let coded = |code: &str, node: OrgNode| OrgNode { agency_code: Some(format!("code-{code}")), ..node };
        let (old, new) = ((None, Some("2025-12-31")), (Some("2026-01-01"), None));
        let tree = Tree::new(&[
            coded("x", node("one", None, old, None)),
            coded("y", node("one", None, new, None)),
            coded("x", node("two", None, new, None)),
            coded("z", node("three", None, old, None)),
            coded("z", node("four", None, new, None)),
            OrgNode { agency_code: None, ..node("desk", Some("three"), (None, None), None) },
        ]);
        let (before, after) = (day("2025-12-31"), day("2026-01-01"));
        assert_eq!(names(&tree.below("one", before)), ["x"], "what begins later is not there yet");
        assert_eq!(names(&tree.below("two", before)), [""; 0]);
        assert_eq!(names(&tree.office("code-x", before).agencies), ["x"]);
        assert_eq!(names(&tree.below("one", after)), ["y"], "the other node has it now");
        assert_eq!(names(&tree.office("code-x", after).agencies), ["x"]);
        assert_eq!(names(&tree.office("code-y", after).agencies), ["y"]);
        for former in ["three", "desk"] {
            assert_eq!(names(&tree.reach(former, before)), ["z"]);
            assert_eq!(names(&tree.reach(former, after)), [""; 0], "what {former} had is another's work now");
        }
        assert_eq!(names(&tree.reach("four", before)), [""; 0], "nor is it the other's before its day");
    }

    /// Does a node's work belong below one of the roots: the same question asked upwards, node by node.
    fn belongs(nodes: &[OrgNode], node: &str, roots: &[String], down: bool, day: Day) -> bool {
        let (mut seen, mut todo) = (BTreeSet::new(), vec![node.to_owned()]);
        while let Some(id) = todo.pop() {
            if roots.contains(&id) {
                return true;
            }
            if !seen.insert(id.clone()) {
                continue;
            }
            let rows: Vec<&OrgNode> = nodes.iter().filter(|n| n.id == id).collect();
            let ended = |n: &&OrgNode| n.until.is_some_and(|until| until < day);
            let begun = |n: &&OrgNode| n.from.is_none_or(|from| from <= day);
            todo.extend(rows.iter().copied().filter(ended).filter_map(|n| n.successor.clone()));
            let last = rows.iter().copied().filter(begun).max_by_key(|n| (n.until.is_none(), n.until));
            if down && let Some(last) = last.filter(|n| !ended(n) || n.successor.is_none()) {
                todo.extend(last.parent.clone());
            }
        }
        false
    }

    /// Random trees, grants and offices: every question of the store gives what is inside the scope, all of it, and
    /// nothing else.
    #[test]
    #[allow(clippy::print_stdout)]
    fn no_answer_has_a_row_outside_the_scope_and_all_inside_is_reachable() {
        use crate::store::{DeviceRow, DossierRow, PaperRow, StoredStatus};
        use motcua_dossier::{
            BlobId, CopyForm, DeviceId, DocumentId, DocumentRecord, DossierId, IdNumber, Metadata,
            Provenance, StoreKind, Timestamp,
        };
        use motcua_wire::{Change, DossierEvent};
        let seed = std::env::var("SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(20_261_121_u64);
        println!("SEED={seed} cargo test no_answer_has_a_row_outside_the_scope");
        let mut state = seed;
        let mut draw = |below: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(state >> 33).unwrap() % below
        };
        let today = day("2026-11-21");
        let days = ["2024-06-30", "2025-06-30", "2026-11-20", "2026-11-21", "2027-01-01"];
        for _ in 0..40 {
            let count = 2 + draw(9);
            let mut nodes: Vec<OrgNode> = vec![];
            for n in 0..count {
                let parent = (n > 0).then(|| format!("n{}", draw(n)));
                let ends = (draw(3) == 0).then(|| days[draw(days.len())]);
                let after = (ends.is_some() && draw(3) > 0).then(|| format!("n{}", draw(count)));
                let one = node(&format!("n{n}"), parent.as_deref(), (None, ends), after.as_deref());
                if let (Some(ends), None, true) = (ends, &after, draw(2) == 0) {
                    // It went on elsewhere.
                    let next = Day::parse(ends).unwrap();
                    let moved = OrgNode {
                        from: Some(next),
                        until: None,
                        parent: Some(format!("n{}", draw(count))),
                        ..one.clone()
                    };
                    nodes.push(OrgNode { until: Some(Day(next.0.previous_day().unwrap())), ..one });
                    nodes.push(moved);
                } else {
                    nodes.push(one);
                }
            }
            let tree = Tree::new(&nodes);
            let dir = tempfile::tempdir().unwrap();
            let records = crate::Records::open(&dir.path().join("records.db")).unwrap();
            let owner = IdNumber::parse("099000000001").unwrap();
            let mark = |n: usize, kind: u8| [kind, u8::try_from(n).unwrap(), 0, 0, 0, 0, 0, 0, 0, 0];
            let (dossier, file) = (
                |n| DossierId::derive(1, &mark(n, 1)),
                |n: usize, kind: u8| BlobId([kind * 50 + u8::try_from(n).unwrap(); 32]),
            );
            records
                .write(|v| {
                    for n in 0..count {
                        let agency = format!("code-n{n}");
                        let device = DeviceId::derive(1, &mark(n, 2));
                        let row = DeviceRow {
                            id: device,
                            agency: agency.clone(),
                            name: String::new(),
                            portal: false,
                            revoked: false,
                            generation: 0,
                            certificate_until: None,
                        };
                        v.put_device(&row)?;
                        v.put_dossier(
                            dossier(n),
                            &DossierRow {
                                version: 1,
                                agency: agency.clone(),
                                submitted: None,
                                declined: None,
                                accepted: None,
                                returned: None,
                            },
                        )?;
                        let change = Change::Dossier {
                            id: dossier(n),
                            version: 1,
                            code: None,
                            what: DossierEvent::PaperFiled,
                        };
                        v.note(&change, Some(&agency), Timestamp(1))?;
                        v.add_blob(&file(n, 0), 1, Timestamp(1), Some(device))?;
                        v.bind_blob(dossier(n), &file(n, 1))?;
                        let record = DocumentRecord {
                            id: DocumentId::derive(1, &mark(n, 3)),
                            owner: vec![owner.clone()],
                            metadata: Metadata {
                                kind: "k".into(),
                                category: "c".into(),
                                result_code: None,
                                name: "n".into(),
                                decision_number: String::new(),
                                summary: String::new(),
                                issuer: String::new(),
                                issued_on: None,
                                valid_until: None,
                                form: CopyForm::Original,
                                store: StoreKind::Personal,
                                shown: true,
                                shared: false,
                            },
                            blob: file(n, 2),
                            size: 1,
                            pages: 1,
                            supersedes: None,
                        };
                        let paper = PaperRow {
                            code: "099000000001.KQ.G15.000031.CS10001".into(),
                            version: 1,
                            status: StoredStatus::Valid,
                            provenance: Provenance::Provincial,
                            store_name: String::new(),
                            owner_name: "MẪU".into(),
                            filed_at: Timestamp(1),
                            filed_by: Some(agency),
                            base_uses: 0,
                            record,
                        };
                        v.put_paper(&paper, None)?;
                    }
                    Ok(())
                })
                .unwrap();
            for turn in 0..6 {
                let (roots, down) = if turn < 3 {
                    (vec![format!("n{}", draw(count))], false)
                } else {
                    ((0..=draw(3)).map(|_| format!("n{}", draw(count))).collect(), true)
                };
                let scope = if down {
                    Scope::of(roots.iter().flat_map(|root| tree.below(root, today)).collect())
                } else {
                    tree.office(&format!("code-{}", roots[0]), today)
                };
                let inside: Vec<usize> =
                    (0..count).filter(|n| belongs(&nodes, &format!("n{n}"), &roots, down, today)).collect();
                let (changes, papers, files) = records
                    .read(|v| {
                        let files: Vec<[bool; 3]> = (0..count)
                            .map(|n| {
                                Ok([0, 1, 2].map(|kind| v.blob_in_scope(&file(n, kind), &scope)))
                                    .map(|seen| seen.map(Result::unwrap))
                            })
                            .collect::<Result<_, crate::StoreError>>()?;
                        Ok((
                            v.changes_after(0, &scope, 500)?,
                            v.papers_of(std::slice::from_ref(&owner), &scope, today)?,
                            files,
                        ))
                    })
                    .unwrap();
                let (mut told, mut told_papers) = (vec![], vec![]);
                for (_, change) in &changes {
                    match change {
                        Change::Dossier { id, .. } => told.push(*id),
                        Change::Document { id, .. } => told_papers.push(*id),
                        other => panic!("{other:?}"),
                    }
                }
                assert_eq!(
                    told,
                    inside.iter().map(|n| dossier(*n)).collect::<Vec<_>>(),
                    "{nodes:?} {roots:?}"
                );
                let mut listed: Vec<DocumentId> = papers.iter().map(|paper| paper.record.id).collect();
                listed.sort();
                let reachable: Vec<_> = inside.iter().map(|n| DocumentId::derive(1, &mark(*n, 3))).collect();
                assert_eq!(listed, reachable);
                assert_eq!(told_papers, reachable, "{nodes:?} {roots:?}");
                for (n, seen) in files.iter().enumerate() {
                    assert_eq!(*seen, [inside.contains(&n); 3], "n{n} {nodes:?} {roots:?}");
                    assert_eq!(scope.contains(&format!("code-n{n}")), inside.contains(&n));
                }
            }
        }
    }

    #[test]
    fn a_tree_that_goes_round_ends() {
        let tree =
            Tree::new(&[node("a", Some("b"), (None, None), None), node("b", Some("a"), (None, None), None)]);
        assert_eq!(names(&tree.below("a", day("2026-01-01"))), ["a", "b"]);
    }
}
