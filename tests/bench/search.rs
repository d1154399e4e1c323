//! A counter's own store: finding a dossier among a million, and opening it.

use crate::Scale;
use crate::papers::Sequence;
use crate::report::{Gate, Report, Times};
use motcua_desk::ports::{Batch, Vault};
use motcua_dossier::{Dossier, DossierCode, DossierId, IdNumber, Timestamp};
use motcua_testkit::contract::vault::{self as contract, OFFICER, SECRET};
use motcua_vault::SealedVault;
use std::path::Path;
use std::time::Instant;

const FAMILY: &[&str] = &[
    "Nguyễn", "Nguyễn", "Nguyễn", "Nguyễn", "Trần", "Trần", "Lê", "Lê", "Phạm", "Huỳnh", "Hoàng", "Phan",
    "Vũ", "Võ", "Đặng", "Bùi", "Đỗ", "Hồ", "Ngô", "Dương", "Lý", "Đinh", "Mai", "Trịnh", "Tô",
];
const MIDDLE: &[&str] = &[
    "Văn", "Văn", "Văn", "Thị", "Thị", "Thị", "Hữu", "Đức", "Minh", "Ngọc", "Thanh", "Quang", "Xuân", "Thu",
    "Hồng",
];
const GIVEN: &[&str] = &[
    "An", "Anh", "Bình", "Châu", "Cường", "Diệp", "Dũng", "Đạt", "Đông", "Giang", "Hà", "Hải", "Hạnh", "Hòa",
    "Hoa", "Huệ", "Hùng", "Hương", "Khánh", "Lan", "Linh", "Long", "Mai", "Nam", "Nga", "Nhung", "Oanh",
    "Phúc", "Phương", "Quân", "Quỳnh", "Sơn", "Tâm", "Thảo", "Thúy", "Thuỳ", "Trang", "Tuấn", "Uyên", "Vinh",
    "Yến",
];
const PROCEDURES: &[&str] = &[
    "Đăng ký khai sinh",
    "Đăng ký kết hôn",
    "Cấp bản sao trích lục hộ tịch",
    "Chứng thực bản sao từ bản chính",
    "Cấp phiếu lý lịch tư pháp",
    "Cấp giấy phép xây dựng nhà ở riêng lẻ",
    "Đăng ký biến động quyền sử dụng đất",
    "Cấp lần đầu chứng chỉ hành nghề khám bệnh, chữa bệnh",
    "Đăng ký thành lập hộ kinh doanh",
];

pub(crate) fn dossier(number: u64, random: &mut Sequence) -> Dossier {
    let name = format!("{} {} {}", random.one(FAMILY), random.one(MIDDLE), random.one(GIVEN));
    let mut dossier = contract::sample_dossier(1, &name);
    let at = 1_700_000_000_000 + number * 60_000;
    dossier.id = DossierId::derive(at, &random.next().to_be_bytes().repeat(2)[..10].try_into().unwrap());
    dossier.opened_at = Timestamp(i64::try_from(at).unwrap());
    let digits = random.next() % 1_000_000_000;
    dossier.applicant.owner.number = IdNumber::parse(&format!("052{digits:09}")).unwrap();
    let (day, ordinal) = (number / 300, number % 300 + 1);
    let (month, day, year) = (day / 28 % 12 + 1, day % 28 + 1, day / 336 % 90 + 10);
    let code = format!("000.00.15.H08-{year:02}{month:02}{day:02}-{ordinal:04}");
    dossier.code = Some(DossierCode::parse(&code).unwrap());
    dossier.procedure_name = random.one(PROCEDURES).to_owned();
    dossier
}

/// The vault of so many dossiers; made once and used again. Closed.
fn vault(out: &Path, count: u64) -> SealedVault {
    let dir = out.join(format!("vault-{count}"));
    let vault = SealedVault::at(dir.clone());
    if !dir.join("whole").exists() {
        let _ = std::fs::remove_dir_all(&dir);
        contract::create(&vault);
        let (begun, mut random) = (Instant::now(), Sequence(42));
        for first in (0..count).step_by(5000) {
            let dossiers = (first..count.min(first + 5000)).map(|n| dossier(n, &mut random)).collect();
            vault.commit(&Batch { dossiers, ..Batch::default() }).unwrap();
        }
        vault.lock();
        std::fs::write(dir.join("whole"), "").unwrap();
        println!("  a vault of {count} dossiers made in {:.0} s", begun.elapsed().as_secs_f64());
    }
    vault
}

pub(crate) fn unlock(report: &mut Report, scale: Scale, out: &Path) {
    let count = scale.of(1_000_000) as u64;
    let vault = vault(out, count);
    let mut times = Times::default();
    for _ in 0..20 {
        let begun = Instant::now();
        vault.unlock(OFFICER, &SECRET.to_owned().into()).unwrap();
        times.0.push(begun.elapsed());
        vault.lock();
    }
    let gate = Gate::AtMost(300.0);
    report.times(&format!("unlock of a vault of {count} dossiers"), &times, [Gate::None, gate, gate]);
}

/// What an officer types, each with the time to the first fifty dossiers.
pub(crate) fn of_a_counter(report: &mut Report, scale: Scale, out: &Path) {
    let count = scale.of(1_000_000) as u64;
    let vault = vault(out, count);
    vault.unlock(OFFICER, &SECRET.to_owned().into()).unwrap();
    let size = std::fs::metadata(out.join(format!("vault-{count}/vault.db"))).unwrap().len();
    report.row(&format!("vault of {count} dossiers"), size as f64 / 1e6, "MB", Gate::None);
    let mut random = Sequence(7);
    let name = |r: &mut Sequence| format!("{} {} {}", r.one(FAMILY), r.one(MIDDLE), r.one(GIVEN));
    measure(report, &vault, "a name with marks", || name(&mut random));
    measure(report, &vault, "a name without", || motcua_dossier::fold(&name(&mut random)));
    measure(report, &vault, "a name begun", || {
        let whole = motcua_dossier::fold(&name(&mut random));
        whole[..whole.len() - 1].to_owned()
    });
    measure(report, &vault, "one to three letters", || {
        let letters = usize::try_from(random.next() % 3).unwrap() + 1;
        random.one(GIVEN).chars().take(letters).collect()
    });
    measure(report, &vault, "six words", || {
        let procedure = motcua_dossier::fold(random.one(PROCEDURES));
        let words: Vec<&str> = procedure.split(' ').take(3).collect();
        format!("{} {}", motcua_dossier::fold(&name(&mut random)), words.join(" "))
    });
    measure(report, &vault, "last four digits", || format!("{:04}", random.next() % 10_000));
    measure(report, &vault, "last digits and a name", || {
        format!("{:03} {}", random.next() % 1000, random.one(GIVEN))
    });
    measure(report, &vault, "an id number", || format!("052{:09}", random.next() % 1_000_000_000));
    measure(report, &vault, "a whole code", || {
        dossier(random.next() % count, &mut random).code.map(|c| c.to_string()).unwrap_or_default()
    });
    measure(report, &vault, "nobody", || format!("{} khong co ai", random.one(FAMILY)));
    measure(report, &vault, "nothing typed", String::new);
    vault.lock();
    peer(report, count);
}

fn measure(report: &mut Report, vault: &SealedVault, what: &str, mut query: impl FnMut() -> String) {
    let mut times = Times::default();
    for _ in 0..500 {
        let query = query();
        let begun = Instant::now();
        let found = vault.dossiers(&query, 50).unwrap();
        times.0.push(begun.elapsed());
        assert!(found.len() <= 50);
    }
    report.times(what, &times, [Gate::None, Gate::AtMost(30.0), Gate::None]);
}

/// The same people in a plain table without encryption, looked for as most programs do: `LIKE`.
fn peer(report: &mut Report, count: u64) {
    let records = rusqlite::Connection::open_in_memory().unwrap();
    records
        .execute_batch("CREATE TABLE dossier(place INTEGER PRIMARY KEY, words TEXT NOT NULL); BEGIN")
        .unwrap();
    let mut random = Sequence(42);
    let mut insert = records.prepare("INSERT INTO dossier(words) VALUES(?)").unwrap();
    for n in 0..count {
        insert.execute([dossier(n, &mut random).search_text().words]).unwrap();
    }
    records.execute_batch("COMMIT").unwrap();
    let mut random = Sequence(7);
    let mut find = records
        .prepare("SELECT place FROM dossier WHERE words LIKE ? AND words LIKE ? AND words LIKE ? ORDER BY place DESC LIMIT 50")
        .unwrap();
    for (what, fold) in [("a name", true), ("nobody", false)] {
        let mut times = Times::default();
        for _ in 0..20 {
            let word =
                |of: &[&str], random: &mut Sequence| format!("%{}%", motcua_dossier::fold(random.one(of)));
            let mut words = [word(FAMILY, &mut random), word(MIDDLE, &mut random), word(GIVEN, &mut random)];
            if !fold {
                words[2] = "%khongcoai%".into();
            }
            let begun = Instant::now();
            let found: Vec<i64> =
                find.query_map(words, |r| r.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
            times.0.push(begun.elapsed());
            assert!(found.len() <= 50);
        }
        report.times(&format!("peer, LIKE in memory without encryption: {what}"), &times, [Gate::None; 3]);
    }
}
