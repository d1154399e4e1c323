//! No request ever sees a row outside its scope: small random provinces with a dated tree, and every route that gives
//! rows asked by machines and by officers. What each may see is computed here from the world, from below upwards; the
//! server asks the tree from above downwards.
#![allow(clippy::print_stdout, reason = "the seed is told")]

use crate::paper;
use crate::world::{
    AGENCY_NAME, OWNER, World, accept, consent, enrol, file_document, fresh_uuid, now, push, reuse, today,
    upload,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use motcua_dossier::{
    AgencyCode, BlobId, Channel, Day, DeviceId, DocumentId, DocumentSummary, DossierCode, DossierId, FeeAct,
    FeeMethod, FeeRecord, FeedbackAct, FeedbackReason, FeedbackRecord, OpId, OrgNode, Provenance, StepAct,
    StepRecord, Submission,
};
use motcua_warehouse::{
    GrantWish, SeedDevice, SeedFile, SeedSubmission, add_officer, grant, officers, revoke_grant,
};
use motcua_wire::{
    BlobsReply, Change, Changes, ConsentRecord, DossierFees, DossierPage, DossierSteps, DossiersReply,
    FeeTotals, FeedbackPage, LoggedIn, Op, OpPayload, OpResult, OpState, OpsReply, OpsStatus, Owner, PURPOSE,
    Role, SCHEMA_VERSION, SubmissionPage, Use,
};
use reqwest::{Client, Method, RequestBuilder};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use zeroize::Zeroizing;

type Route = (&'static str, &'static str);
/// Offices by their number.
type Offices = BTreeSet<usize>;

/// Every route that gives rows of an office or of a machine, or tells whether there is one.
const ROWS: [Route; 27] = [
    ("get", "/v1/documents"),
    ("get", "/v1/owners/{number}"),
    ("get", "/v1/identity/{number}"),
    ("get", "/v1/changes"),
    ("get", "/v1/dossiers"),
    ("post", "/v1/dossiers/read"),
    ("get", "/v1/dossiers/{id}"),
    ("post", "/v1/dossiers/{id}/lease"),
    ("delete", "/v1/dossiers/{id}/lease"),
    ("get", "/v1/dossiers/{id}/fees"),
    ("get", "/v1/dossiers/{id}/steps"),
    ("get", "/v1/submissions"),
    ("get", "/v1/fees/totals"),
    ("get", "/v1/feedback"),
    ("get", "/v1/reuse"),
    ("get", "/v1/consents"),
    ("get", "/v1/blobs/{sha256}"),
    ("post", "/v1/blobs/check"),
    ("post", "/v1/blobs/{sha256}/commit"),
    ("post", "/v1/packages/{sha256}"),
    ("head", "/v1/uploads/{id}"),
    ("patch", "/v1/uploads/{id}"),
    ("delete", "/v1/uploads/{id}"),
    ("post", "/v1/ops"),
    ("post", "/v1/ops/status"),
    ("post", "/v1/number-blocks"),
    ("post", "/v1/login"),
];

/// Routes that give no row of anybody: what is the same for all, and what a caller brings himself.
const NO_ROWS: [Route; 10] = [
    ("get", "/v1/about"),
    ("get", "/v1/openapi.json"),
    ("get", "/v1/reference"),
    ("post", "/v1/enrol"),
    ("post", "/v1/enrol/renew"),
    ("post", "/v1/login/refresh"),
    ("post", "/v1/logout"),
    ("options", "/v1/uploads"),
    ("post", "/v1/uploads"),
    ("put", "/v1/blobs/{sha256}"),
];

/// Judged by tests of its own, in `admin`.
const ADMIN: [Route; 1] = [("post", "/v1/admin")];

const SECRET: &str = "Mat-khau-mau-1";
/// Provinces, and trees and officers of each.
const PROVINCES: u64 = 3;
const TREES: usize = 7;
const OFFICERS: usize = 4;

static SEQUENCE: AtomicU64 = AtomicU64::new(1);

struct Draw(u64);

impl Draw {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % bound
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    fn of<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }

    /// Some of them.
    fn some<T: Clone>(&mut self, list: &[T], most: usize) -> Vec<T> {
        let mut left = list.to_vec();
        (0..most.min(left.len())).map(|_| left.swap_remove(self.below(left.len()))).collect()
    }
}

fn day(from_today: i64) -> Day {
    Day(today().0 + time::Duration::days(from_today))
}

fn agency(office: usize) -> String {
    format!("000.{office:02}.30.H08")
}

fn node(id: String, parent: Option<String>, office: Option<usize>) -> OrgNode {
    OrgNode {
        name: if office.is_some() { AGENCY_NAME.into() } else { id.clone() },
        id,
        parent,
        level: "cấp".into(),
        agency_code: office.map(agency),
        from: None,
        until: None,
        successor: None,
    }
}

/// A tree in which offices ended, were taken over, moved, gave their code on or are still to come.
fn random_tree(draw: &mut Draw, offices: usize) -> Vec<OrgNode> {
    let mut tree = vec![node("tinh".into(), None, None)];
    let any_day = |draw: &mut Draw| day(*draw.of(&[-400, -1, 0, 1]));
    for n in 0..offices {
        let name = |n: usize| format!("a{n}");
        let parent = |draw: &mut Draw| {
            if n > 0 && draw.one_in(2) { name(draw.below(n)) } else { "tinh".to_owned() }
        };
        let one = node(name(n), Some(parent(draw)), Some(n));
        match draw.below(7) {
            0 | 1 => {
                let after = (n + 1 + draw.below(offices - 1)) % offices;
                tree.push(OrgNode { until: Some(any_day(draw)), successor: Some(name(after)), ..one });
            }
            2 => tree.push(OrgNode { until: Some(any_day(draw)), ..one }),
            3 => {
                let last = any_day(draw);
                let next = Day(last.0.next_day().unwrap());
                let moved = Some(name((n + 1) % offices));
                tree.push(OrgNode { until: Some(last), ..one.clone() });
                tree.push(OrgNode { from: Some(next), parent: moved, ..one });
            }
            4 => tree.push(OrgNode { from: Some(any_day(draw)), ..one }),
            5 => {
                // The code is another node's from the day after.
                let last = day(*draw.of(&[-400, -1]));
                let heir = format!("b{n}");
                let after = draw.one_in(2).then(|| heir.clone());
                let next = Some(Day(last.0.next_day().unwrap()));
                tree.push(OrgNode { from: next, ..node(heir, Some(parent(draw)), Some(n)) });
                tree.push(OrgNode { until: Some(last), successor: after, ..one });
            }
            _ => tree.push(one),
        }
    }
    for unit in 0..3 {
        let parent = format!("a{}", draw.below(offices));
        tree.push(node(format!("u{unit}"), Some(parent), None));
    }
    tree
}

/// Who may see whose work, from the rows of the tree.
struct Oracle {
    rows: Vec<OrgNode>,
    /// The first's work is told at the second: it is below it, or was taken over by it.
    told_at: BTreeSet<(String, String)>,
    taken_over_by: BTreeSet<(String, String)>,
    offices: usize,
}

impl Oracle {
    fn new(rows: &[OrgNode], offices: usize) -> Self {
        let mut this =
            Self { rows: rows.to_vec(), told_at: BTreeSet::new(), taken_over_by: BTreeSet::new(), offices };
        for id in rows.iter().map(|row| &row.id) {
            let Some(place) = this.place(id) else { continue };
            let over = place.until.is_some_and(|until| until < today());
            if let Some(after) = place.successor.clone().filter(|_| over) {
                this.taken_over_by.insert((id.clone(), after.clone()));
                this.told_at.insert((id.clone(), after));
            } else if let Some(parent) = place.parent.clone() {
                this.told_at.insert((id.clone(), parent));
            }
        }
        close(&mut this.told_at);
        close(&mut this.taken_over_by);
        this
    }

    /// The latest row of those that have begun.
    fn latest<'a>(rows: impl Iterator<Item = &'a OrgNode>) -> Option<&'a OrgNode> {
        let begun = rows.filter(|row| row.from.is_none_or(|from| from <= today()));
        begun.max_by_key(|row| (row.until.is_none(), row.until))
    }

    fn place(&self, id: &str) -> Option<&OrgNode> {
        Self::latest(self.rows.iter().filter(|row| row.id == id))
    }

    /// The node whose work an office's is today.
    fn home(&self, office: usize) -> Option<&str> {
        let code = agency(office);
        let rows = self.rows.iter().filter(|row| row.agency_code.as_ref() == Some(&code));
        Self::latest(rows).map(|row| row.id.as_str())
    }

    fn homes_that(&self, fits: impl Fn(&str) -> bool) -> Offices {
        (0..self.offices).filter(|n| self.home(*n).is_some_and(&fits)).collect()
    }

    fn machine(&self, office: usize) -> Offices {
        let home = self.home(office).map(str::to_owned);
        let over = |one: &str| {
            home.as_ref().is_some_and(|home| self.taken_over_by.contains(&(one.to_owned(), home.clone())))
        };
        let mut offices = self.homes_that(over);
        offices.insert(office);
        offices
    }

    fn grant(&self, at: &str) -> Offices {
        let below =
            self.homes_that(|one| one == at || self.told_at.contains(&(one.to_owned(), at.to_owned())));
        if !below.is_empty() {
            return below;
        }
        // A unit that is no agency belongs to the nearest above it that is one.
        let mut at = at.to_owned();
        for _ in 0..self.rows.len() {
            let Some(row) = self.rows.iter().find(|row| row.id == at) else { break };
            if row.agency_code.is_some() {
                return self.homes_that(|one| one == at);
            }
            let Some(parent) = self.place(&at).and_then(|place| place.parent.clone()) else { break };
            at = parent;
        }
        Offices::new()
    }
}

fn close(pairs: &mut BTreeSet<(String, String)>) {
    loop {
        let more: Vec<_> = pairs
            .iter()
            .flat_map(|(a, b)| pairs.iter().filter(move |(c, _)| b == c).map(move |(_, d)| (a, d)))
            .map(|(a, d)| (a.clone(), d.clone()))
            .filter(|pair| !pairs.contains(pair))
            .collect();
        if more.is_empty() {
            return;
        }
        pairs.extend(more);
    }
}

struct Dossier {
    id: DossierId,
    of: usize,
    /// Of an accepted one.
    accepted: Option<(DossierCode, BlobId)>,
    op: OpId,
}

struct Paper {
    id: DocumentId,
    of: Option<usize>,
    shared: bool,
    blob: BlobId,
    fetched: bool,
}

/// What there is in the province.
#[derive(Default)]
struct Rows {
    dossiers: Vec<Dossier>,
    papers: Vec<Paper>,
    /// From one office, to another.
    feedback: Vec<(OpId, usize, Option<usize>)>,
    uses: Vec<(DossierId, DocumentId)>,
    /// Brought by a machine of an office, and of no dossier.
    files: Vec<(BlobId, usize)>,
    /// Open uploads and their machines.
    uploads: Vec<(String, usize)>,
    /// Offices that were told of the owner's identity.
    told: Offices,
}

impl Rows {
    fn dossier(&self, id: DossierId) -> &Dossier {
        self.dossiers.iter().find(|dossier| dossier.id == id).unwrap()
    }

    fn paper_seen(paper: &Paper, scope: &Offices) -> bool {
        !scope.is_empty() && (paper.shared || paper.of.is_some_and(|of| scope.contains(&of)))
    }

    /// Every file and whether it is seen there; always in one order, so that a seed asks the same again.
    fn blobs(&self, scope: &Offices) -> Vec<(BlobId, bool)> {
        let receipts = self.dossiers.iter().filter_map(|d| Some((d.accepted.as_ref()?.1, d.of)));
        let brought = receipts.chain(self.files.iter().copied());
        let papers = self.papers.iter().map(|p| (p.blob, p.fetched && Self::paper_seen(p, scope)));
        brought.map(|(blob, of)| (blob, scope.contains(&of))).chain(papers).collect()
    }
}

struct Caller {
    name: String,
    office: usize,
    client: Client,
    access: Option<String>,
    grants: Vec<GrantWish>,
    /// What the machine's office works on.
    machine: Offices,
    scope: Offices,
    figures: Offices,
}

struct Case<'a> {
    world: &'a World,
    draw: &'a mut Draw,
    devices: Vec<DeviceId>,
    rows: Rows,
    /// Rows seen and rows not seen, by route.
    tally: &'a mut Tally,
    told: String,
}

fn machine(office: usize) -> usize {
    10 + office
}

impl Case<'_> {
    fn op(&self, device: DeviceId, dossier: DossierId, payload: OpPayload) -> Op {
        Op {
            op_id: OpId(fresh_uuid()),
            device,
            device_seq: SEQUENCE.fetch_add(1, Ordering::Relaxed),
            device_time: now(),
            schema_version: SCHEMA_VERSION,
            dossier,
            base_version: 0,
            replaces: vec![],
            payload,
        }
    }

    /// What the offices did before the tree became what it is.
    async fn fill(&mut self) {
        let (devices, offices) = (self.devices.clone(), self.devices.len());
        for n in 0..offices + 3 {
            let of = if n < offices { n } else { self.draw.below(offices) };
            let line = self.world.line(machine(of));
            let bytes = self.world.signed(&format!("paper {n} of {of}"));
            let mut record = paper::record(OWNER, &bytes, 1);
            record.metadata.shared = self.draw.one_in(3);
            let paper = Paper {
                id: record.id,
                of: Some(of),
                shared: record.metadata.shared,
                blob: record.blob,
                fetched: true,
            };
            upload(&line, &bytes).await;
            let op = self.op(devices[of], DossierId(fresh_uuid()), file_document(record));
            self.apply(of, &op).await;
            self.rows.dossiers.push(Dossier { id: op.dossier, of, accepted: None, op: op.op_id });
            self.rows.papers.push(paper);
        }
        for n in 0..3 {
            let of = (n > 0).then(|| self.draw.below(offices));
            let shared = self.draw.one_in(2);
            let provenance = if n == 2 { Provenance::NationalNotSynced } else { Provenance::Provincial };
            let bytes = self.world.signed(&format!("stock {n}"));
            let id = self.world.stock(&bytes, |d| {
                d.record.metadata.shared = shared;
                d.filed_by = of.map(|of| AgencyCode::parse(&agency(of)).unwrap());
                d.provenance = provenance;
            });
            let fetched = provenance == Provenance::Provincial;
            self.rows.papers.push(Paper { id, of, shared, blob: paper::blob(&bytes), fetched });
        }
        for n in 0..offices + 2 {
            let of = if n < offices { n } else { self.draw.below(offices) };
            let line = self.world.line(machine(of));
            let receipt = upload(&line, &paper::pdf(1, &format!("receipt {n} {}", fresh_uuid()))).await;
            let own = |paper: &&Paper| paper.fetched && (paper.shared || paper.of == Some(of));
            let usable: Vec<DocumentId> = self.rows.papers.iter().filter(own).map(|paper| paper.id).collect();
            let reused = self.draw.some(&usable, 1);
            let code = DossierCode::provisional(&format!("M{of}"), u64::try_from(n).unwrap());
            let mut acceptance = accept(code.clone(), receipt, reused.iter().map(|id| reuse(*id)).collect());
            acceptance.fee = 9_000;
            acceptance.consents = reused.iter().map(|id| consent(vec![*id], false)).collect();
            let op =
                self.op(devices[of], DossierId(fresh_uuid()), OpPayload::AcceptDossier(Box::new(acceptance)));
            self.apply(of, &op).await;
            self.rows.uses.extend(reused.iter().map(|document| (op.dossier, *document)));
            self.rows.dossiers.push(Dossier {
                id: op.dossier,
                of,
                accepted: Some((code, receipt)),
                op: op.op_id,
            });
            let record = FeeRecord {
                act: FeeAct::Paid {
                    amount: 1_000,
                    method: FeeMethod::Cash,
                    receipt_number: format!("B-{n}"),
                },
                officer: format!("thu.{of}"),
                at: now(),
            };
            let paid = self.op(devices[of], op.dossier, OpPayload::Fee(Box::new(record)));
            self.apply(of, &paid).await;
            let act = StepAct::ResultProposed { note: String::new() };
            let record = StepRecord { act, officer: format!("thu.{of}"), at: now() };
            let step = self.op(devices[of], op.dossier, OpPayload::Step(Box::new(record)));
            self.apply(of, &step).await;
            if let Some(document) = usable.first().filter(|_| self.draw.one_in(2)) {
                let (reason, text) = (FeedbackReason::WrongInformation, "Sai ngày sinh".into());
                let act = FeedbackAct::Given { document: *document, reason, text };
                let record = FeedbackRecord { act, officer: "canbo.demo".into(), at: now() };
                let given =
                    self.op(devices[of], DossierId(fresh_uuid()), OpPayload::Feedback(Box::new(record)));
                self.apply(of, &given).await;
                let to = self.rows.papers.iter().find(|paper| paper.id == *document).unwrap().of;
                self.rows.feedback.push((given.op_id, of, to));
            }
        }
        for of in 0..offices {
            let line = self.world.line(machine(of));
            let loose = upload(&line, format!("loose {of} {}", fresh_uuid()).as_bytes()).await;
            self.rows.files.push((loose, of));
            let client = self.world.raw_of(machine(of));
            let open =
                client.post(format!("{}/v1/uploads", self.world.url())).header("tus-resumable", "1.0.0");
            let named = STANDARD.encode(paper::blob(format!("open {of}").as_bytes()).to_string());
            let open = open.header("upload-length", 10).header("upload-metadata", format!("sha256 {named}"));
            let opened = open.send().await.unwrap();
            self.rows.uploads.push((opened.headers()["location"].to_str().unwrap().to_owned(), of));
        }
    }

    async fn apply(&self, of: usize, op: &Op) {
        let result = push(&self.world.line(machine(of)), op).await;
        assert!(matches!(result, OpResult::Applied { .. }), "{result:?} {}", self.told);
    }

    /// One request; nothing in the answer names what lies outside `scope`.
    async fn ask(
        &mut self,
        caller: &Caller,
        route: Route,
        path: &str,
        scope: Option<&Offices>,
        with: impl FnOnce(RequestBuilder) -> RequestBuilder + Send,
    ) -> (u16, String) {
        self.tally.entry(route).or_default();
        let method = Method::from_bytes(route.0.to_uppercase().as_bytes()).unwrap();
        let mut request = caller.client.request(method, format!("{}{path}", self.world.url()));
        request = request.header(PURPOSE, "intake");
        if let Some(access) = &caller.access {
            request = request.bearer_auth(access);
        }
        let answer = with(request).send().await.unwrap();
        let status = answer.status().as_u16();
        let text = String::from_utf8_lossy(&answer.bytes().await.unwrap()).into_owned();
        let unfit = status == 422 && route.1 != "/v1/packages/{sha256}";
        assert!(status < 500 && status != 401 && !unfit && status != 429, "{status} {text} {path}");
        if let Some(scope) = scope {
            let mut hidden: Vec<String> = vec![];
            for dossier in self.rows.dossiers.iter().filter(|dossier| !scope.contains(&dossier.of)) {
                hidden.push(dossier.id.to_string());
                hidden.extend(dossier.accepted.iter().map(|(code, _)| format!("\"{code}\"")));
            }
            for paper in self.rows.papers.iter().filter(|paper| !Rows::paper_seen(paper, scope)) {
                hidden.extend([paper.id.to_string(), paper.blob.to_string()]);
            }
            let trace = hidden.iter().find(|hidden| text.contains(*hidden));
            assert_eq!(trace, None, "{route:?} {path} by {}: {text} {}", caller.name, self.told);
        }
        (status, text)
    }

    /// What was told of all there is: all inside, and nothing else.
    fn judge<T: Ord + std::fmt::Debug>(
        &mut self,
        caller: &Caller,
        route: Route,
        told: BTreeSet<T>,
        all: impl IntoIterator<Item = (T, bool)>,
    ) {
        let (mut inside, mut outside) = (BTreeSet::new(), 0);
        for (row, seen) in all {
            if seen {
                inside.insert(row);
            } else {
                outside += 1;
            }
        }
        let tally = self.tally.entry(route).or_default();
        *tally = (tally.0 + inside.len(), tally.1 + outside);
        assert_eq!(
            told, inside,
            "{route:?} as {} of office {} with {:?} (figures {:?}, machine {:?}) {}",
            caller.name, caller.office, caller.scope, caller.figures, caller.machine, self.told
        );
    }

    /// One thing that is there or is not.
    fn judge_one(&mut self, caller: &Caller, route: Route, what: &str, told: bool, inside: bool) {
        let told = told.then_some(what.to_owned());
        self.judge(caller, route, told.into_iter().collect(), [(what.to_owned(), inside)]);
    }

    async fn ask_all(&mut self, caller: &Caller) {
        self.ask_for_people(caller).await;
        self.ask_for_lists(caller).await;
        self.ask_for_dossiers(caller).await;
        self.ask_for_files(caller).await;
        self.ask_for_operations(caller).await;
    }

    async fn ask_for_people(&mut self, caller: &Caller) {
        let (scope, works) = (&caller.scope, !caller.scope.is_empty());
        let route = ("get", "/v1/identity/{number}");
        let (status, _) = self.ask(caller, route, &format!("/v1/identity/{OWNER}"), Some(scope), |r| r).await;
        if status == 200 {
            self.rows.told.insert(caller.office);
        }
        self.judge_one(caller, route, "a person", status == 200, works);
        let route = ("get", "/v1/owners/{number}");
        let (status, text) =
            self.ask(caller, route, &format!("/v1/owners/{OWNER}"), Some(scope), |r| r).await;
        assert_eq!(status, if works { 200 } else { 403 });
        let owner: Option<Owner> = works.then(|| read(&text));
        let told = owner.is_some_and(|owner| owner.identity.is_some());
        let inside = works && self.rows.told.contains(&caller.office);
        self.judge_one(caller, route, "identity told", told, inside);
        let route = ("get", "/v1/documents");
        let (status, text) =
            self.ask(caller, route, &format!("/v1/documents?owner={OWNER}"), Some(scope), |r| r).await;
        assert_eq!(status, if works { 200 } else { 403 });
        let listed: Vec<DocumentSummary> = if works { read(&text) } else { vec![] };
        let all: Vec<_> = self.rows.papers.iter().map(|p| (p.id, Rows::paper_seen(p, scope))).collect();
        self.judge(caller, route, listed.iter().map(|paper| paper.record.id).collect(), all);
    }

    async fn ask_for_lists(&mut self, caller: &Caller) {
        let scope = &caller.scope;
        let route = ("get", "/v1/changes");
        let (mut told, mut cursor) = (BTreeSet::new(), None);
        loop {
            let since = cursor.map(|cursor| format!("&since={cursor}")).unwrap_or_default();
            let path = format!("/v1/changes?limit={}{since}", 3 + self.draw.below(30));
            let page: Changes = read(&self.ask(caller, route, &path, Some(scope), |r| r).await.1);
            told.extend(page.items.iter().filter_map(|change| match change {
                Change::Dossier { id, .. } => Some(id.to_string()),
                Change::Document { id, .. } => Some(id.to_string()),
                Change::Feedback { id, .. } => Some(id.to_string()),
                _ => None,
            }));
            cursor = Some(page.next_cursor);
            if !page.has_more {
                break;
            }
        }
        let seen = |of: usize| scope.contains(&of);
        let mut all: Vec<_> = self.rows.dossiers.iter().map(|d| (d.id.to_string(), seen(d.of))).collect();
        all.extend((0..self.devices.len()).map(|of| (submitted(of).to_string(), seen(of))));
        all.extend(self.rows.papers.iter().map(|p| (p.id.to_string(), p.of.is_some_and(seen))));
        let feedback: Vec<_> = self
            .rows
            .feedback
            .iter()
            .map(|(id, from, to)| (*id, seen(*from) || to.is_some_and(seen)))
            .collect();
        all.extend(feedback.iter().map(|(id, seen)| (id.to_string(), *seen)));
        self.judge(caller, route, told, all);
        let route = ("get", "/v1/feedback");
        let (mut told, mut after) = (BTreeSet::new(), 0);
        loop {
            let path = format!("/v1/feedback?limit={}&after={after}", 1 + self.draw.below(3));
            let page: FeedbackPage = read(&self.ask(caller, route, &path, Some(scope), |r| r).await.1);
            told.extend(page.items.iter().map(|item| item.id));
            match page.next {
                Some(next) => after = next,
                None => break,
            }
        }
        self.judge(caller, route, told, feedback);
        let accepted = |d: &&Dossier| d.accepted.is_some();
        let all: Vec<_> = self.rows.dossiers.iter().filter(accepted).map(|d| (d.id, seen(d.of))).collect();
        let route = ("post", "/v1/dossiers/read");
        let ids: Vec<_> = self.rows.dossiers.iter().map(|d| d.id).collect();
        let body = json!({ "ids": ids });
        let text = self.ask(caller, route, "/v1/dossiers/read", Some(scope), |r| r.json(&body)).await.1;
        let reply: DossiersReply = read(&text);
        self.judge(caller, route, reply.items.iter().map(|item| item.id).collect(), all);
    }

    async fn ask_for_office(&mut self, caller: &Caller) {
        let scope = &caller.scope;
        let route = ("get", "/v1/dossiers");
        let (mut told, mut after) = (BTreeSet::new(), String::new());
        loop {
            let path = format!("/v1/dossiers?limit={}{after}", 3 + self.draw.below(9));
            let page: DossierPage = read(&self.ask(caller, route, &path, Some(scope), |r| r).await.1);
            told.extend(page.items.iter().map(|item| item.id));
            match page.next {
                Some(next) => after = format!("&after={next}"),
                None => break,
            }
        }
        let accepted = |d: &&Dossier| d.accepted.is_some();
        let rows = self.rows.dossiers.iter().filter(accepted);
        let all: Vec<_> = rows.map(|d| (d.id, scope.contains(&d.of))).collect();
        self.judge(caller, route, told, all);
        let route = ("get", "/v1/submissions");
        let (mut told, mut after) = (BTreeSet::new(), String::new());
        loop {
            let path = format!("/v1/submissions?limit={}{after}", 1 + self.draw.below(4));
            let page: SubmissionPage = read(&self.ask(caller, route, &path, Some(scope), |r| r).await.1);
            told.extend(page.items.iter().map(|item| item.id));
            match page.next {
                Some(next) => after = format!("&after={next}"),
                None => break,
            }
        }
        let all: Vec<_> = (0..self.devices.len()).map(|of| (submitted(of), scope.contains(&of))).collect();
        self.judge(caller, route, told, all);
        let route = ("get", "/v1/fees/totals");
        let path = format!("/v1/fees/totals?day={}", today().format_iso());
        let totals: FeeTotals = read(&self.ask(caller, route, &path, None, |r| r).await.1);
        let by = |officer: usize| format!("thu.{officer}");
        let takers: BTreeSet<usize> = self.rows.dossiers.iter().filter(accepted).map(|d| d.of).collect();
        let all: Vec<_> = takers.iter().map(|of| (by(*of), caller.figures.contains(of))).collect();
        self.judge(caller, route, totals.items.into_iter().map(|row| row.officer).collect(), all);
    }

    async fn ask_for_dossiers(&mut self, caller: &Caller) {
        let scope = &caller.scope;
        let ids: Vec<DossierId> = self.rows.dossiers.iter().map(|d| d.id).collect();
        for id in self.draw.some(&ids, 4) {
            let (of, is_accepted) = (self.rows.dossier(id).of, self.rows.dossier(id).accepted.is_some());
            let inside = scope.contains(&of);
            let (route, name) = (("get", "/v1/dossiers/{id}"), id.to_string());
            let (status, _) =
                self.ask(caller, route, &format!("/v1/dossiers/{id}"), Some(scope), |r| r).await;
            self.judge_one(caller, route, &name, status == 200, inside);
            let route = ("get", "/v1/dossiers/{id}/fees");
            let (status, text) =
                self.ask(caller, route, &format!("/v1/dossiers/{id}/fees"), Some(scope), |r| r).await;
            self.judge_one(caller, route, &name, status == 200, inside);
            if status == 200 {
                assert_eq!(read::<DossierFees>(&text).entries.len(), usize::from(is_accepted));
            }
            let route = ("get", "/v1/dossiers/{id}/steps");
            let (status, text) =
                self.ask(caller, route, &format!("/v1/dossiers/{id}/steps"), Some(scope), |r| r).await;
            self.judge_one(caller, route, &name, status == 200, inside);
            if status == 200 {
                assert_eq!(read::<DossierSteps>(&text).entries.len(), usize::from(is_accepted));
            }
            let office = caller.machine.contains(&of);
            let path = format!("/v1/dossiers/{id}/lease");
            let route = ("post", "/v1/dossiers/{id}/lease");
            let wish = json!({ "officer": "canbo.demo" });
            let take = |r: RequestBuilder| r.header("if-match", "\"v1\"").json(&wish);
            let (status, _) = self.ask(caller, route, &path, Some(&caller.machine), take).await;
            self.judge_one(caller, route, &name, status != 404, office);
            if self.draw.one_in(2) {
                let route = ("delete", "/v1/dossiers/{id}/lease");
                let (status, _) = self.ask(caller, route, &path, Some(&caller.machine), |r| r).await;
                self.judge_one(caller, route, &name, status != 404, office);
            }
        }
        let documents: Vec<DocumentId> = self.rows.papers.iter().map(|p| p.id).collect();
        let mut asked: Vec<String> =
            self.draw.some(&ids, 2).iter().map(|id| format!("dossier={id}")).collect();
        asked.extend(self.draw.some(&documents, 3).iter().map(|id| format!("document={id}")));
        for query in asked {
            let all: Vec<((DossierId, DocumentId), bool)> = self
                .rows
                .uses
                .iter()
                .filter(|(dossier, document)| {
                    query == format!("dossier={dossier}") || query == format!("document={document}")
                })
                .map(|(dossier, document)| {
                    ((*dossier, *document), scope.contains(&self.rows.dossier(*dossier).of))
                })
                .collect();
            let route = ("get", "/v1/reuse");
            let text = self.ask(caller, route, &format!("/v1/reuse?{query}"), None, |r| r).await.1;
            let told = read::<Vec<Use>>(&text).iter().map(|row| (row.dossier, row.document)).collect();
            self.judge(caller, route, told, all.clone());
            let route = ("get", "/v1/consents");
            let text = self.ask(caller, route, &format!("/v1/consents?{query}"), None, |r| r).await.1;
            let told =
                read::<Vec<ConsentRecord>>(&text).iter().map(|row| (row.dossier, row.document)).collect();
            self.judge(caller, route, told, all);
        }
    }

    async fn ask_for_files(&mut self, caller: &Caller) {
        let seen = self.rows.blobs(&caller.scope);
        for (blob, inside) in self.draw.some(&seen, 5) {
            let route = ("get", "/v1/blobs/{sha256}");
            let (status, _) = self.ask(caller, route, &format!("/v1/blobs/{blob}"), None, |r| r).await;
            self.judge_one(caller, route, &blob.to_string(), status == 200, inside);
        }
        // What is sent is the machine's.
        let held = self.rows.blobs(&caller.machine);
        let route = ("post", "/v1/blobs/check");
        let body = json!({ "blobs": held.iter().map(|(blob, _)| blob).collect::<Vec<_>>() });
        let text = self.ask(caller, route, "/v1/blobs/check", None, |r| r.json(&body)).await.1;
        let reply: BlobsReply = read(&text);
        let have = reply.blobs.iter().filter(|state| state.have).map(|state| state.id).collect();
        self.judge(caller, route, have, held.clone());
        for (blob, inside) in self.draw.some(&held, 3) {
            let route = ("post", "/v1/blobs/{sha256}/commit");
            let path = format!("/v1/blobs/{blob}/commit");
            let (status, _) =
                self.ask(caller, route, &path, None, |r| r.header("tus-resumable", "1.0.0")).await;
            self.judge_one(caller, route, &blob.to_string(), status == 204, inside);
        }
        // None of them is a package; whether one is there is told all the same.
        for (blob, inside) in self.draw.some(&held, 3) {
            let route = ("post", "/v1/packages/{sha256}");
            let (status, _) = self.ask(caller, route, &format!("/v1/packages/{blob}"), None, |r| r).await;
            self.judge_one(caller, route, &blob.to_string(), status == 422, inside);
        }
        for (upload, of) in self.rows.uploads.clone() {
            for method in ["head", "patch", "delete"] {
                if method == "delete" && of == caller.office && !self.draw.one_in(3) {
                    continue;
                }
                let route = (method, "/v1/uploads/{id}");
                let piece = |r: RequestBuilder| {
                    let r = r.header("tus-resumable", "1.0.0").header("upload-offset", 0);
                    r.header("content-type", "application/offset+octet-stream")
                };
                let (status, _) = self.ask(caller, route, &upload, None, piece).await;
                self.judge_one(caller, route, &upload, status < 300, of == caller.office);
                if method == "delete" && status < 300 {
                    self.rows.uploads.retain(|(id, _)| *id != upload);
                }
            }
        }
    }

    async fn ask_for_operations(&mut self, caller: &Caller) {
        let route = ("post", "/v1/ops/status");
        let all: Vec<_> = self.rows.dossiers.iter().map(|d| (d.op, d.of == caller.office)).collect();
        let body = json!({ "ops": all.iter().map(|(op, _)| op).collect::<Vec<_>>() });
        let text = self.ask(caller, route, "/v1/ops/status", None, |r| r.json(&body)).await.1;
        let known = read::<OpsStatus>(&text).ops.into_iter().filter(|op| op.state != OpState::Unknown);
        self.judge(caller, route, known.map(|op| op.op_id).collect(), all);
        let route = ("post", "/v1/ops");
        let device = self.devices[caller.office];
        let accepted: Vec<_> =
            self.rows.dossiers.iter().filter_map(|d| Some((d.id, d.of, d.accepted.clone()?))).collect();
        for (id, of, (code, receipt)) in accepted {
            // Said again by somebody who does not know it: whose it is learns how it stands.
            let op = self.op(device, id, OpPayload::AcceptDossier(Box::new(accept(code, receipt, vec![]))));
            let body = json!({ "ops": [op] });
            let text = self.ask(caller, route, "/v1/ops", Some(&caller.machine), |r| r.json(&body)).await.1;
            let refused = |code: &str| text.contains(&format!("\"{code}\""));
            if refused("authorNotGranted") {
                continue;
            }
            let inside = caller.machine.contains(&of);
            self.judge_one(caller, route, &id.to_string(), !refused("dossierOfOtherAgency"), inside);
        }
        // A file that the officer sees elsewhere is not brought into this office by naming it.
        let (scope, office) = (&caller.scope, &caller.machine);
        let elsewhere = |p: &&Paper| p.fetched && Rows::paper_seen(p, scope) && !Rows::paper_seen(p, office);
        if let Some(paper) = self.rows.papers.iter().find(elsewhere) {
            let mut record = paper::record(OWNER, b"", 1);
            record.blob = paper.blob;
            let op = self.op(device, DossierId(fresh_uuid()), file_document(record));
            let text = self.ask(caller, route, "/v1/ops", None, |r| r.json(&json!({ "ops": [op] }))).await.1;
            let result = read::<OpsReply>(&text).results.remove(0);
            let lacks = matches!(&result, OpResult::Deferred { waits_for, .. } if waits_for.len() == 1);
            assert!(lacks, "{result:?} as {} {}", caller.name, self.told);
        }
        let route = ("post", "/v1/number-blocks");
        let offices = self.devices.len();
        for of in [caller.office, (caller.office + 1) % offices, self.draw.below(offices)] {
            let wish = json!({ "agency": agency(of), "day": today(), "count": 1 });
            let (status, _) = self.ask(caller, route, "/v1/number-blocks", None, |r| r.json(&wish)).await;
            self.judge_one(caller, route, &agency(of), status == 200, of == caller.office);
        }
    }
}

fn read<T: DeserializeOwned>(text: &str) -> T {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn at_machine(world: &World, office: usize) -> Caller {
    Caller {
        name: format!("machine of {office}"),
        office,
        client: world.raw_of(machine(office)),
        access: None,
        grants: vec![],
        machine: Offices::new(),
        scope: Offices::new(),
        figures: Offices::new(),
    }
}

impl Caller {
    /// What he may see as the tree is now.
    fn look(&mut self, oracle: &Oracle) {
        self.machine = oracle.machine(self.office);
        (self.scope, self.figures) = (self.machine.clone(), self.machine.clone());
        if self.access.is_none() {
            return;
        }
        (self.scope, self.figures) = (Offices::new(), Offices::new());
        for wish in self.grants.iter().filter(|wish| holds_today(wish)) {
            let reach = oracle.grant(&wish.node);
            match wish.role {
                Role::Administrator => {}
                Role::Reporter => self.figures.extend(reach),
                _ => {
                    self.figures.extend(reach.clone());
                    self.scope.extend(reach);
                }
            }
        }
    }

    /// Other rights than before, at nodes of that tree.
    fn regrant(&mut self, world: &World, draw: &mut Draw, login: &str, tree: &[OrgNode]) {
        let known = officers(&world.config).unwrap().into_iter().find(|officer| officer.login == login);
        for held in known.unwrap().grants {
            revoke_grant(&world.config, held.id).unwrap();
        }
        let nodes: BTreeSet<&str> = tree.iter().map(|row| row.id.as_str()).collect();
        let nodes: Vec<&str> = nodes.into_iter().collect();
        self.grants.clear();
        for _ in 0..draw.below(3) + usize::from(!draw.one_in(6)) {
            let (role, node) = (*draw.of(&Role::ALL), (*draw.of(&nodes)).to_owned());
            let from = draw.one_in(4).then(|| day(*draw.of(&[-400, -1, 0, 1])));
            let until = draw.one_in(4).then(|| day(*draw.of(&[-1, 0, 1])));
            let until = until.filter(|until| from.is_none_or(|from| from <= *until));
            let wish = GrantWish { role, node, procedures: None, from, until };
            grant(&world.config, login, &wish).unwrap();
            self.grants.push(wish);
        }
        self.name = format!("{login} {:?}", self.grants);
    }
}

fn holds_today(wish: &GrantWish) -> bool {
    wish.from.is_none_or(|from| from <= today()) && wish.until.is_none_or(|until| today() <= until)
}

fn login_of(n: usize) -> String {
    format!("canbo.{n}")
}

impl Case<'_> {
    /// An officer logs in at a machine of his office, and at no other.
    async fn officer(&mut self, n: usize, oracle: &Oracle) -> Caller {
        let (login, office) = (login_of(n), self.draw.below(oracle.offices));
        let secret = Zeroizing::new(SECRET.to_owned());
        add_officer(&self.world.config, &login, "Cán bộ mẫu", &format!("a{office}"), &secret).unwrap();
        let (mut at, body) = (vec![], json!({ "login": login, "secret": SECRET }));
        for machine in [office, (office + 1) % oracle.offices] {
            let mut caller = at_machine(self.world, machine);
            caller.look(oracle);
            let route = ("post", "/v1/login");
            let (status, text) = self.ask(&caller, route, "/v1/login", None, |r| r.json(&body)).await;
            let inside = caller.machine.contains(&office);
            self.judge_one(&caller, route, &login, status == 200, inside);
            if status == 200 {
                caller.access = Some(read::<LoggedIn>(&text).access);
                at.push(caller);
            }
        }
        at.swap_remove(self.draw.below(at.len()))
    }
}

type Tally = BTreeMap<Route, (usize, usize)>;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_request_sees_a_row_outside_its_scope() {
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_261_122_u64);
    println!("SEED={seed} cargo test no_request_sees_a_row_outside_its_scope");
    // Side by side: each of them mostly waits for the disk.
    let provinces = (0..PROVINCES).map(|number| tokio::spawn(province(seed, number)));
    let mut tally = Tally::new();
    for counted in futures_util::future::join_all(provinces).await {
        for (route, (inside, outside)) in counted.unwrap() {
            let all = tally.entry(route).or_default();
            *all = (all.0 + inside, all.1 + outside);
        }
    }
    println!("rows inside and outside: {tally:?}");
    for route in ROWS {
        let (inside, outside) = tally.get(&route).copied().unwrap_or_default();
        assert!(inside > 0 && outside > 0, "{route:?}: {inside} rows inside, {outside} outside SEED={seed}");
    }
}

async fn province(seed: u64, number: u64) -> Tally {
    let mut draw = Draw(seed ^ (number << 32));
    let mut tally = Tally::new();
    let world = World::new().await;
    if number == 0 {
        every_route_is_one_or_the_other(&world).await;
    }
    let offices = 4 + draw.below(2);
    let devices: Vec<DeviceId> = (0..offices).map(|_| DeviceId(fresh_uuid())).collect();
    machines(&world, &devices);
    let rows = Rows::default();
    let told = format!("SEED={seed} province {number}");
    let mut case = Case { world: &world, draw: &mut draw, devices, rows, tally: &mut tally, told };
    case.fill().await;
    let mut callers: Vec<Caller> = (0..offices).map(|office| at_machine(&world, office)).collect();
    for (round, version) in (0..TREES).zip(7..) {
        let tree = random_tree(case.draw, offices);
        case.told = format!("SEED={seed} province {number} tree {round} {tree:#?}");
        world.load_tree(version, tree.clone());
        let oracle = Oracle::new(&tree, offices);
        if round == 0 {
            for n in 0..OFFICERS {
                let officer = case.officer(n, &oracle).await;
                callers.push(officer);
            }
        }
        for (n, caller) in callers.iter_mut().enumerate() {
            if let Some(n) = n.checked_sub(offices) {
                caller.regrant(&world, case.draw, &login_of(n), &tree);
            }
            caller.look(&oracle);
        }
        for caller in &callers {
            // The tree is asked often, every route in the first one.
            case.ask_for_office(caller).await;
            if round == 0 {
                case.ask_all(caller).await;
            }
        }
    }
    tally
}

/// What was sent to an office and waits there.
fn submitted(office: usize) -> DossierId {
    DossierId::derive(7, &[u8::try_from(office).unwrap(); 10])
}

fn submission(office: usize) -> SeedSubmission {
    let like = accept(DossierCode::parse("TAM-MAU-0001").unwrap(), BlobId([1; 32]), vec![]);
    SeedSubmission {
        id: submitted(office),
        portal: DeviceId::derive(7, &[7; 10]),
        submission: Submission {
            reference: format!("TT-{office}"),
            agency: AgencyCode::parse(&agency(office)).unwrap(),
            resolving_agency: String::new(),
            district: String::new(),
            channel: Channel::Online,
            return_method: like.return_method,
            applicant: like.applicant,
            account: None,
            procedure: like.procedure,
            case_code: like.case_code,
            papers: vec![],
            note: String::new(),
            sent_at: now(),
            follows: None,
        },
        files: vec![],
    }
}

/// Enrols a machine for each office.
fn machines(world: &World, devices: &[DeviceId]) {
    let of = |n: usize| SeedDevice {
        id: devices[n],
        agency: AgencyCode::parse(&agency(n)).unwrap(),
        name: format!("Máy {n}"),
        revoked: false,
    };
    world.load(&SeedFile {
        version: 1,
        reference: None,
        devices: (0..devices.len()).map(of).collect(),
        identity: None,
        aliases: vec![],
        documents: vec![],
        submissions: (0..devices.len()).map(submission).collect(),
    });
    world.load_tree(6, (0..devices.len()).map(|n| node(format!("a{n}"), None, Some(n))).collect());
    for (n, device) in devices.iter().enumerate() {
        enrol(&world.config, *device, &world.identity(machine(n)));
    }
}

/// What a portal may ask for among the routes that give rows: what it sent, and files it brought.
const PORTALS: [&str; 6] = [
    "/v1/dossiers/{id}",
    "/v1/blobs/check",
    "/v1/blobs/{sha256}/commit",
    "/v1/uploads/{id}",
    "/v1/ops",
    "/v1/ops/status",
];

#[tokio::test]
async fn a_portal_among_the_callers_sees_no_row_of_a_counter() {
    let world = World::new().await;
    let counter = world.line(0);
    let blob = upload(&counter, &paper::pdf(1, "receipt of a counter")).await;
    let code = DossierCode::provisional("M0", 1);
    let accepted = OpPayload::AcceptDossier(Box::new(accept(code, blob, vec![])));
    let id = DossierId(fresh_uuid());
    assert!(matches!(push(&counter, &world.op(0, id, 0, accepted)).await, OpResult::Applied { .. }));
    let (_, identity) = world.portal().await;
    let client = world.raw_at(&identity);
    for (method, route) in ROWS {
        let path = route
            .replace("{id}", &id.to_string())
            .replace("{number}", OWNER)
            .replace("{sha256}", &blob.to_string());
        let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
        let answer = client.request(method, format!("{}{path}", world.url())).send().await.unwrap();
        let (status, text) = (answer.status().as_u16(), answer.text().await.unwrap());
        if PORTALS.contains(&route) {
            assert!((400..500).contains(&status), "{route}: {status} {text}");
        } else {
            assert_eq!(status, 403, "{route}: {text}");
        }
        for told in [id.to_string(), OWNER.to_owned(), AGENCY_NAME.to_owned()] {
            assert!(!text.contains(&told), "{route} tells {told}");
        }
    }
}

/// A route that is in neither list is one nobody thought about.
async fn every_route_is_one_or_the_other(world: &World) {
    let url = format!("{}/v1/openapi.json", world.url());
    let api: Value = world.raw().get(url).send().await.unwrap().json().await.unwrap();
    let described: BTreeSet<(String, String)> = api["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, methods)| methods.as_object().unwrap().keys().map(|m| (m.clone(), path.clone())))
        .collect();
    let listed = ROWS.iter().chain(&NO_ROWS).chain(&ADMIN);
    let listed = listed.map(|(method, path)| ((*method).to_owned(), (*path).to_owned()));
    assert_eq!(described, listed.collect(), "say of a new route whether it gives rows, and ask it above");
}
