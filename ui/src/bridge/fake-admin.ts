// The administrator's lists, officers and machines of the fake warehouse, by the real one's rules.
import { parseDay } from "../text/day";
import type { AdminColumn, AdminDiff, AdminEdit, AdminFault, AdminPeople, AdminReport, AdminRow, AdminSheet, AdminVersion, AppError, Bridge } from "./bridge";

interface World { scene: (name: string) => boolean; fail: (code: string, params?: AppError["params"]) => never; now: number }
type Content = Map<string, string[][]>;
type Admin = Pick<Bridge, "adminSheets" | "adminRows" | "adminChange" | "adminVersions" | "adminDiff" | "adminHistory" | "adminPeople" | "adminAct">;

const column = (name: string, title: string, kind: AdminColumn["kind"] = "text", words: string[] = [], notes: string[] = []): AdminColumn => ({ name, title, kind, words, notes });
const SHEETS: Omit<AdminSheet, "rows">[] = [
  { name: "thu_tuc", about: "Thủ tục hành chính", key: 1, columns: [column("ma", "Mã"), column("ten", "Tên", "lines"), column("linh_vuc", "Lĩnh vực"), column("cap", "Cấp"), column("co_quan_nop", "Cơ quan được nộp", "choice", ["có", "không"])] },
  { name: "truong_hop", about: "Trường hợp giải quyết", key: 2, columns: [column("ma_thu_tuc", "Mã thủ tục"), column("ma", "Mã"), column("ten", "Tên", "lines"), column("ngay_lam_viec", "Ngày làm việc", "number"), column("le_phi", "Phí, lệ phí (đồng)", "number")] },
  { name: "to_chuc", about: "Cây tổ chức", key: 2, columns: [column("ma", "Mã"), column("tu_ngay", "Từ ngày", "day"), column("den_ngay", "Đến hết ngày", "day"), column("truc_thuoc", "Trực thuộc (mã)"), column("ten", "Tên")] },
  { name: "lich", about: "Ngày nghỉ, ngày cuối tuần làm việc", key: 1, columns: [column("ngay", "Ngày", "day"), column("loai", "Loại ngày", "choice", ["nghỉ", "làm việc"]), column("ly_do", "Lý do")] },
  { name: "bieu_mau", about: "Biểu mẫu", key: 1, columns: [column("ma", "Mã"), column("ten", "Tên"), column("kho_giay", "Khổ giấy"), column("noi_dung", "Nội dung", "lines")] },
  { name: "huong_dan", about: "Hướng dẫn", key: 1, columns: [column("khoa", "Khóa"), column("tieu_de", "Tiêu đề"), column("noi_dung", "Nội dung", "lines")] },
  { name: "chi_tieu", about: "Chỉ tiêu, phần trăm", key: 2, columns: [column("ma", "Mã"), column("nam", "Năm", "number"), column("ten", "Tên"), column("muc", "Mức (%)", "number")] },
  {
    name: "cai_dat", about: "Cài đặt của tỉnh", key: 4,
    columns: [
      column("ma", "Cài đặt", "choice", ["ký giấy vào Kho", "chỉ tiêu tái sử dụng của đơn vị", "số ngày được dùng khi mất mạng", "hỗ trợ: điện thoại"], [
        "Giấy đưa vào Kho cần chữ ký số của ai: «cơ quan» (khi không đặt) hoặc «cán bộ rồi cơ quan». Chỉ chữ ký của cán bộ thì giấy không vào Kho.",
        "Phần trăm hồ sơ có dùng lại giấy tờ số hóa mà đơn vị và các đơn vị trực thuộc phải đạt, từ 0 đến 100.",
        "Sau từng này ngày (tính cả ngày nghỉ) không liên lạc, giấy tờ của Kho lưu trên máy tạm không dùng. Từ 3 đến 90, khi không đặt là 14.",
        "Số điện thoại của bộ phận hỗ trợ.",
      ]),
      column("don_vi", "Đơn vị (mã)"), column("loai_giay", "Loại giấy (mã kết quả)"), column("tu_ngay", "Từ ngày", "day"), column("den_ngay", "Đến hết ngày", "day"), column("gia_tri", "Giá trị"), column("can_cu", "Căn cứ"),
    ],
  },
  { name: "thong_bao", about: "Nội dung thông báo", key: 2, columns: [column("su_kien", "Sự kiện", "choice", ["tiếp nhận", "có kết quả"]), column("kenh", "Kênh", "choice", ["Zalo", "SMS", "Email"]), column("tieu_de", "Tiêu đề"), column("noi_dung", "Nội dung", "lines")] },
];
const first = (): Content => new Map([
  ["thu_tuc", [["1.000894.H08", "Đăng ký kết hôn", "Hộ tịch", "Cấp xã", "không"], ["1.001193.H08", "Đăng ký khai sinh", "Hộ tịch", "Cấp xã", "không"], ["1.012222.H08", "Đăng ký hoạt động cửa hàng bán lẻ xăng dầu", "Công Thương", "Cấp xã", "không"]]],
  ["truong_hop", [["1.000894.H08", "01", "Không xác minh điều kiện kết hôn", "1", "0"], ["1.012222.H08", "01", "Cấp mới", "7", "200000"]]],
  ["to_chuc", [["tinh", "", "", "", "UBND tỉnh (DEMO)"], ["an-hoa", "01/07/2025", "", "tinh", "UBND xã An Hòa (DEMO)"]]],
  ["lich", [["01/01/2027", "nghỉ", "Tết Dương lịch"], ["30/04/2027", "nghỉ", "Ngày Chiến thắng"], ["01/05/2027", "nghỉ", "Ngày Quốc tế Lao động"]]],
  ["bieu_mau", [["01", "Giấy tiếp nhận hồ sơ và hẹn trả kết quả", "A5", "(mẫu 01)"]]],
  ["huong_dan", [["identity", "", "Số định danh này chưa có tài khoản trên Cổng Dịch vụ công quốc gia."]]],
  ["chi_tieu", [["tai-su-dung", "2026", "Tỷ lệ tái sử dụng giấy tờ", "60"]]],
  ["cai_dat", [["ký giấy vào Kho", "", "KQ.G15.000031", "01/01/2027", "", "cán bộ rồi cơ quan", "Quyết định mẫu"], ["chỉ tiêu tái sử dụng của đơn vị", "an-hoa", "", "01/01/2026", "", "65", ""], ["hỗ trợ: điện thoại", "", "", "", "", "0256 000 000", ""]]],
  ["thong_bao", []],
]);

export function adminOf({ scene, fail, now }: World): Admin {
  const HOUR = 3_600_000;
  const contents = new Map<number, Content>([[11, first()], [12, first()]]);
  contents.get(11)?.get("lich")?.pop();
  const versions: AdminVersion[] = [
    { version: 12, effectiveAt: now - 240 * HOUR, madeAt: now - 241 * HOUR, reason: "Thông báo lịch nghỉ 2027 (mẫu)", officer: "quan.tri", inForce: true, planned: false },
    { version: 11, effectiveAt: now - 4000 * HOUR, madeAt: now - 4001 * HOUR, reason: "danh-muc.xlsx", officer: "root", inForce: false, planned: false },
  ];
  let overtaken = scene("adminConflict");
  const people: AdminPeople = {
    officers: [
      { login: "canbo.demo", name: "Nguyễn Thị Thử Nghiệm", node: "an-hoa", ended: false, hasSecret: true, grants: [{ id: 1, role: "intake", node: "an-hoa", procedures: null, from: null, until: null }, { id: 2, role: "administrator", node: "tinh", procedures: null, from: null, until: null }] },
      { login: "truong.demo", name: "Trần Văn Mẫu", node: "an-hoa", ended: false, hasSecret: true, grants: [{ id: 3, role: "supervisor", node: "an-hoa", procedures: "Hộ tịch", from: "2026-01-01", until: "2026-12-31" }] },
      { login: "cu.demo", name: "Lê Thị Đã Nghỉ", node: "an-hoa", ended: true, hasSecret: true, grants: [] },
    ],
    machines: [
      { id: "0190b3c2-0000-7000-8000-000000000001", agency: "000.01.20.H08", name: "Quầy 1", portal: false, revoked: false, certificateUntil: now + 60 * 24 * HOUR },
      { id: "0190b3c2-0000-7000-8000-000000000002", agency: "000.01.20.H08", name: "Quầy 2 (máy cũ)", portal: false, revoked: true, certificateUntil: now - 24 * HOUR },
    ],
    units: [{ id: "tinh", name: "UBND tỉnh (DEMO)", agency: null }, { id: "an-hoa", name: "UBND xã An Hòa (DEMO)", agency: "000.01.20.H08" }],
    fields: ["Công Thương", "Hộ tịch"],
  };
  if (scene("adminEmpty")) [people.officers, people.machines] = [[], []];

  const line = () => {
    if (scene("offline")) fail("adminOffline");
  };
  const sheetOf = (name: string) => SHEETS.find((sheet) => sheet.name === name) ?? fail("adminGone");
  const contentOf = (version: number) => contents.get(version) ?? fail("adminGone");
  const keyOf = (sheet: string, cells: string[]) => cells.slice(0, sheetOf(sheet).key).join(" ").trimEnd();
  const inForce = () => versions.find((version) => version.inForce)?.version ?? 0;
  const rowsOf = (content: Content, sheet: string): AdminRow[] => (content.get(sheet) ?? []).map((cells) => ({ key: keyOf(sheet, cells), cells: [...cells] }));

  function diff(before: Content, after: Content): AdminDiff[] {
    return SHEETS.flatMap(({ name, columns }) => {
      const [old, fresh] = [new Map(rowsOf(before, name).map((row) => [row.key, row.cells])), new Map(rowsOf(after, name).map((row) => [row.key, row.cells]))];
      const gone = [...old].flatMap(([key, cells]): AdminDiff[] => {
        const now = fresh.get(key);
        if (!now) return [{ sheet: name, key, fate: "removed", cells: [] }];
        const differing = columns.flatMap((of, n) => (cells[n] === now[n] ? [] : [{ column: of.name, before: cells[n] ?? "", after: now[n] ?? "" }]));
        return differing.length === 0 ? [] : [{ sheet: name, key, fate: "changed", cells: differing }];
      });
      const added = [...fresh.keys()].filter((key) => !old.has(key)).map((key): AdminDiff => ({ sheet: name, key, fate: "added", cells: [] }));
      return [...gone, ...added];
    });
  }

  function edited(base: Content, edits: AdminEdit[]): { content: Content; faults: AdminFault[] } {
    const content: Content = new Map([...base].map(([name, rows]) => [name, rows.map((cells) => [...cells])]));
    const faults: AdminFault[] = [];
    const wrong = (sheet: string, key: string, of: string | null, message: string) => faults.push({ sheet, key, column: of, message });
    for (const edit of edits) {
      const rows = content.get(edit.sheet) ?? [];
      content.set(edit.sheet, rows);
      const at = edit.key === null ? -1 : rows.findIndex((cells) => keyOf(edit.sheet, cells) === edit.key);
      if (edit.key !== null && at < 0) wrong(edit.sheet, edit.key, null, "Dòng này không còn trong danh sách: hãy xem lại phiên bản mới rồi sửa lại");
      else if (edit.cells === null) rows.splice(at, 1);
      else if (at < 0) rows.push([...edit.cells]);
      else rows[at] = [...edit.cells];
    }
    for (const { name, columns, key } of SHEETS) {
      for (const cells of content.get(name) ?? []) {
        columns.forEach((of, n) => {
          const text = cells[n] ?? "";
          if (of.kind === "day" && text !== "" && parseDay(text) === null) wrong(name, keyOf(name, cells), of.name, "Giá trị không đúng dạng: hãy sửa theo mẫu của cột");
          if (of.kind === "number" && text !== "" && !/^[\d.,]+$/.test(text)) wrong(name, keyOf(name, cells), of.name, "Giá trị không đúng dạng: hãy sửa theo mẫu của cột");
          if (n < Math.min(key, 1) && text === "") wrong(name, keyOf(name, cells), of.name, "Thiếu giá trị bắt buộc: hãy điền vào ô này");
        });
      }
    }
    for (const { name } of SHEETS) {
      const seen = new Set<string>();
      for (const cells of content.get(name) ?? []) {
        const key = keyOf(name, cells);
        if (seen.has(key)) wrong(name, key, null, "Trùng với dòng khác: hãy bỏ hoặc sửa một trong hai dòng");
        seen.add(key);
      }
    }
    for (const cells of content.get("cai_dat") ?? []) {
      const [name = "", , , , , value = ""] = cells;
      const days = Number(value);
      const unfit = name === "số ngày được dùng khi mất mạng" ? !(days >= 3 && days <= 90) : name === "ký giấy vào Kho" ? !["cơ quan", "cán bộ rồi cơ quan"].includes(value) : value === "";
      if (unfit) wrong("cai_dat", keyOf("cai_dat", cells), "gia_tri", "Không hợp với cài đặt này: hãy xem lời giải thích của cài đặt");
    }
    const codes = new Set((content.get("thu_tuc") ?? []).map((cells) => cells[0]));
    for (const cells of content.get("truong_hop") ?? []) {
      if (!codes.has(cells[0])) wrong("truong_hop", keyOf("truong_hop", cells), "ma_thu_tuc", "Nêu một mã không có trong danh sách: hãy thêm dòng đó hoặc sửa mã");
    }
    return { content, faults };
  }

  /** Somebody else saves in between, once. */
  function overtake() {
    overtaken = false;
    const { content } = edited(contentOf(inForce()), [{ sheet: "lich", key: "30/04/2027", cells: ["30/04/2027", "nghỉ", "Ngày Giải phóng miền Nam"] }, { sheet: "lich", key: null, cells: ["03/09/2027", "nghỉ", "Nghỉ liền Quốc khánh"] }]);
    keep(content, "Quyết định mẫu", "quan.tri.hai", now);
  }
  function keep(content: Content, reason: string, officer: string, effectiveAt: number): number {
    const version = Math.max(...contents.keys()) + 1;
    contents.set(version, content);
    const planned = effectiveAt > now;
    if (!planned) for (const other of versions) other.inForce = false;
    versions.unshift({ version, effectiveAt, madeAt: now, reason, officer, inForce: !planned, planned });
    return version;
  }

  const officer = (login: string) => people.officers.find((one) => one.login === login) ?? fail("adminGone");
  const machine = (id: string) => people.machines.find((one) => one.id === id) ?? fail("adminGone");
  const other = (login: string) => {
    if (login === "canbo.demo") fail("adminOwnRight");
  };

  return {
    adminSheets: async ({ version }) => {
      if (!scene("adminKept")) line();
      const asked = version ?? inForce();
      const content = contentOf(asked);
      const made = versions.find((of) => of.version === asked);
      return { version: asked, effectiveAt: made?.effectiveAt ?? null, mayChange: !scene("adminReads") && !scene("adminKept"), kept: scene("adminKept"), sheets: SHEETS.map((sheet) => ({ ...structuredClone(sheet), rows: content.get(sheet.name)?.length ?? 0 })) };
    },
    adminRows: async ({ version, sheet }) => {
      if (!scene("adminKept")) line();
      return rowsOf(contentOf(version), sheetOf(sheet).name);
    },
    adminChange: async ({ base, like, edits, from, reason, save }): Promise<AdminReport> => {
      line();
      if (scene("adminReads")) fail("adminBeyondGrant");
      if (save && reason.trim() === "") fail("adminReasonMissing");
      if (overtaken) overtake();
      const effectiveAt = from === null ? now : Math.max(now, Date.parse(`${from}T00:00:00+07:00`));
      const report: AdminReport = { version: null, unchanged: false, effectiveAt, faults: [], rows: [], newer: null, replacedBy: null };
      const under = versions.filter((of) => of.effectiveAt <= effectiveAt).sort((a, b) => b.effectiveAt - a.effectiveAt || b.version - a.version)[0]?.version ?? 0;
      if (under !== base) return { ...report, newer: { version: under, rows: diff(contentOf(base), contentOf(under)) } };
      const { content, faults } = edited(contentOf(like ?? under), edits);
      if (faults.length > 0) return { ...report, faults };
      const rows = diff(contentOf(under), content);
      if (rows.length === 0) return { ...report, unchanged: true, version: under };
      const replacedBy = versions.find((of) => of.effectiveAt > effectiveAt)?.version ?? null;
      return { ...report, rows, replacedBy, version: save ? keep(content, reason, "canbo.demo", effectiveAt) : null };
    },
    adminVersions: async () => {
      line();
      return structuredClone(versions);
    },
    adminDiff: async ({ from, to }) => {
      line();
      return diff(contentOf(from), contentOf(to));
    },
    adminHistory: async ({ sheet, key }) => {
      line();
      const ordered = [...versions].sort((a, b) => a.effectiveAt - b.effectiveAt || a.version - b.version);
      let before: Content = new Map();
      return ordered.flatMap(({ version, effectiveAt }) => {
        const change = diff(before, contentOf(version)).find((row) => row.sheet === sheet && row.key === key);
        before = contentOf(version);
        return change ? [{ version, effectiveAt, change }] : [];
      });
    },
    adminPeople: async () => {
      line();
      return structuredClone(people);
    },
    adminAct: async (act) => {
      line();
      const nothing = { secret: null, until: null };
      switch (act.kind) {
        case "addOfficer":
          if (people.officers.some((one) => one.login === act.login)) fail("officerExists");
          people.officers.push({ login: act.login, name: act.name, node: act.node, ended: false, hasSecret: true, grants: [] });
          return { secret: "7K3D-MAU1-9QX2-4TRB", until: null };
        case "newSecret":
          officer(act.login);
          return { secret: "P2VN-MAU2-6HJ8-3WCA", until: null };
        case "endOfficer":
          other(act.login);
          Object.assign(officer(act.login), { ended: act.ended });
          return nothing;
        case "grant":
          if (act.from !== null && act.until !== null && act.until < act.from) fail("adminUnfit");
          officer(act.login).grants.push({ id: 100 + officer(act.login).grants.length, role: act.role, node: act.node, procedures: act.procedures, from: act.from, until: act.until });
          return nothing;
        case "revoke": {
          other(act.login);
          const of = officer(act.login);
          of.grants = of.grants.filter((held) => held.id !== act.grant);
          return nothing;
        }
        case "machineCode":
        case "machineCodeAgain":
          return { secret: "4T7Q-9MAU-2XKD", until: now + 10 * 60_000 };
        case "revokeMachine":
          machine(act.machine).revoked = true;
          return nothing;
      }
    },
  };
}

