//! Builds a vault of many dossiers (a million unless told) and prints how long a search takes.
//!
//! ```sh
//! cargo run --release -p motcua-vault --example search-bench -- /var/tmp/search-bench 1000000
//! ```
//!
//! The vault stays in the directory and is used again. The gate is p95 below 30 ms for each row.

#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::print_stderr)]

use motcua_desk::ports::{Batch, Vault};
use motcua_dossier::{Dossier, DossierCode, DossierId, IdNumber, Timestamp};
use motcua_testkit::contract::vault::{self as contract, OFFICER, SECRET};
use motcua_vault::SealedVault;
use std::path::PathBuf;
use std::time::{Duration, Instant};

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

/// A sequence that looks random and is the same each time (`SplitMix64`).
struct Sequence(u64);

impl Sequence {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[usize::try_from(self.next() % of.len() as u64).unwrap()]
    }
}

fn dossier(number: u64, random: &mut Sequence) -> Dossier {
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

fn main() {
    let mut arguments = std::env::args_os().skip(1);
    let dir = PathBuf::from(arguments.next().expect("the directory of the vault"));
    let count = arguments.next().map_or(1_000_000, |n| n.to_str().unwrap().parse::<u64>().unwrap());
    let vault = SealedVault::at(dir.clone());
    if dir.join("keys.json").exists() {
        vault.unlock(OFFICER, &SECRET.to_owned().into()).unwrap();
    } else {
        contract::create(&vault);
        let (begun, mut random) = (Instant::now(), Sequence(42));
        for first in (0..count).step_by(5000) {
            let dossiers = (first..count.min(first + 5000)).map(|n| dossier(n, &mut random)).collect();
            vault.commit(&Batch { dossiers, ..Batch::default() }).unwrap();
        }
        eprintln!("{count} dossiers written in {:.0} s", begun.elapsed().as_secs_f64());
    }
    let size = std::fs::metadata(dir.join("vault.db")).unwrap().len();
    println!("{} MB", size / 1_000_000);
    let mut random = Sequence(7);
    let name = |r: &mut Sequence| format!("{} {} {}", r.one(FAMILY), r.one(MIDDLE), r.one(GIVEN));
    measure(&vault, "a name with marks", || name(&mut random));
    measure(&vault, "a name without", || motcua_dossier::fold(&name(&mut random)));
    measure(&vault, "a name begun", || {
        let whole = motcua_dossier::fold(&name(&mut random));
        whole[..whole.len() - 1].to_owned()
    });
    measure(&vault, "one to three letters", || {
        let letters = usize::try_from(random.next() % 3).unwrap() + 1;
        random.one(GIVEN).chars().take(letters).collect()
    });
    measure(&vault, "six words", || {
        let procedure = motcua_dossier::fold(random.one(PROCEDURES));
        let words: Vec<&str> = procedure.split(' ').take(3).collect();
        format!("{} {}", motcua_dossier::fold(&name(&mut random)), words.join(" "))
    });
    measure(&vault, "last four digits", || format!("{:04}", random.next() % 10_000));
    measure(&vault, "last digits and a name", || {
        format!("{:03} {}", random.next() % 1000, random.one(GIVEN))
    });
    measure(&vault, "an id number", || format!("052{:09}", random.next() % 1_000_000_000));
    measure(&vault, "a whole code", || {
        dossier(random.next() % count, &mut random).code.map(|c| c.to_string()).unwrap_or_default()
    });
    measure(&vault, "nobody", || format!("{} khong co ai", random.one(FAMILY)));
    measure(&vault, "nothing typed", String::new);
}

fn measure(vault: &SealedVault, what: &str, mut query: impl FnMut() -> String) {
    let mut times: Vec<Duration> = (0..500)
        .map(|_| {
            let query = query();
            let begun = Instant::now();
            let found = vault.dossiers(&query, 50).unwrap();
            assert!(found.len() <= 50);
            begun.elapsed()
        })
        .collect();
    times.sort();
    let at =
        |percent: usize| times[(times.len() * percent / 100).min(times.len() - 1)].as_secs_f64() * 1000.0;
    println!("{what:<24} p50 {:>7.2} ms   p95 {:>7.2} ms   p99 {:>7.2} ms", at(50), at(95), at(99));
}
