import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "svelte/compiler";
import { describe, expect, it } from "vitest";
import vi from "../src/text/vi.json";

const SRC = join(import.meta.dirname, "../src");
const files = (readdirSync(SRC, { recursive: true }) as string[]).filter((f) => !f.startsWith("text/messages") && !/bridge\/fake/.test(f));
const texts: Record<string, string> = vi;
const VIETNAMESE = /[À-ỹĂăĐđƠơƯư]/;

/** Words an officer would see: text nodes, and attributes that are read or shown. */
function visible(file: string): string[] {
  const found: string[] = [];
  const shown = new Set(["label", "title", "placeholder", "alt", "aria-label", "hint", "problem", "caption"]);
  const walk = (node: unknown, attribute = "") => {
    if (Array.isArray(node)) return node.forEach((n) => walk(n, attribute));
    if (typeof node !== "object" || node === null) return;
    const n = node as { type?: string; data?: string; name?: string; value?: unknown };
    if (n.type === "Text" && (attribute === "" || shown.has(attribute)) && /\p{L}{2,}/u.test(n.data ?? "")) found.push(`${file}: ${n.data?.trim()}`);
    const inside = n.type === "Attribute" ? (n.name ?? "") : attribute;
    for (const [key, child] of Object.entries(n)) if (key !== "css" && key !== "instance" && key !== "module") walk(child, inside);
  };
  walk(parse(readFileSync(join(SRC, file), "utf8"), { modern: true }).fragment);
  return found;
}

describe("texts", () => {
  it("every error code says what happened and what to do", () => {
    const codes = (half: string) => Object.keys(texts).filter((k) => k.startsWith(`${half}_`)).map((k) => k.slice(4)).sort();
    expect(codes("err")).toEqual(codes("rec"));
    expect(codes("err").length).toBeGreaterThan(60);
    for (const [key, text] of Object.entries(texts)) if (/^(err|rec)_/.test(key)) expect(text, key).toMatch(/\.$/);
  });

  it("no visible word stands outside the catalogue", () => {
    expect(files.filter((f) => f.endsWith(".svelte")).flatMap(visible)).toEqual([]);
  });

  it("no Vietnamese sentence hides in code", () => {
    const found = files.filter((f) => /\.(ts|svelte)$/.test(f)).flatMap((file) => {
      const code = readFileSync(join(SRC, file), "utf8").replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, "").replace(/\[đĐ\]/g, "");
      return code.split("\n").filter((l) => VIETNAMESE.test(l)).map((l) => `${file}: ${l.trim()}`);
    });
    expect(found).toEqual([]);
  });

  it("every text is used or is an error's half", () => {
    const code = files.filter((f) => /\.(ts|svelte)$/.test(f)).map((f) => readFileSync(join(SRC, f), "utf8")).join("\n");
    const unused = Object.keys(texts).filter((k) => !/^(err|rec)_/.test(k) && !new RegExp(`\\b${k}\\b`).test(code));
    expect(unused).toEqual([]);
  });

  it("the seeds' labels are printed exactly", () => {
    const printed = ["Xác minh danh tính số", "Đã có", "Chưa có", "Tự động cập nhật giấy tờ đã số hóa", "Số hóa", "Ký số", "Xem", "Chọn tệp tin", "Scan File", "Lấy từ kho", "Thêm mới", "Cập nhật", "Bỏ qua", "Đóng", "Hiển thị", "Chia sẻ", "--Chọn--", "Quay lại", "Gợi ý Kết quả cho TPHS", "Người nộp", "Chủ hồ sơ",
      "Trong Kho dữ liệu có tệp tin điện tử phù hợp, hãy thực hiện lấy TPHS từ Kho dữ liệu!", "Hãy kiểm tra nội dung file trước khi lấy từ kho!", "(*) Chỉ đính kèm tệp tin ký bằng chứng thư số được cấp bởi Ban Cơ yếu chính phủ", "(Lấy) dữ liệu từ kho cá nhân, tổ chức",
      "Phản ánh về kết quả giải quyết", "Ý kiến, phản ánh về kết quả giải quyết:", "Tệp tin kết quả điện tử bị sai lệch thông tin công dân.", "Tệp tin kết quả điện tử của công dân không phải là kết quả công dân được giải quyết.",
      "Tệp tin kết quả của công dân chưa được ký bằng chứng thư số được cấp bởi Ban cơ yếu chính phủ.",
      "Mã giấy tờ", "Tên giấy tờ", "File đính kèm", "Thông tin thêm", "Tên tổ chức", "Ngày hiệu lực", "Ngày hết hạn", "Tên CA", "CMND/CCCD/Hộ chiếu",
      "Nộp trực tuyến", "Hình thức nộp hồ sơ", "Hình thức nhận kết quả", "Cơ quan giải quyết hồ sơ", "Trường hợp giải quyết", "Quận/Huyện nộp hồ sơ", "Công dân", "Doanh nghiệp", "Cơ quan nhà nước"];
    const all = new Set(Object.values(texts));
    expect(printed.filter((label) => !all.has(label))).toEqual([]);
    expect(texts.warehouse_badge).toMatch(/^Kho số hóa/);
  });

  it("the picker's title, tabs and buttons are those of the seeds", () => {
    const printed = ["title", "tab_store", "tab_suggested", "issued"].map((key) => texts[`picker_${key}`]);
    expect(printed).toEqual(["(Lấy) dữ liệu từ kho cá nhân, tổ chức", "Kho cá nhân, tổ chức", "Gợi ý Kết quả cho TPHS", "Kết quả điện tử đã được cấp"]);
    expect([texts.update, texts.skip]).toEqual(["Cập nhật", "Bỏ qua"]);
    expect(texts.picker_need_choice).toContain("Tích chọn Kết quả điện tử đã được cấp");
  });

  it("columns, fields and paging of the seeds are printed exactly", () => {
    const more = ["Loại giấy tờ", "Loại kho", "Dung lượng tệp tin", "Số định danh", "Số quyết định", "Trích yếu", "Số lần sử dụng"];
    const printed = (keys: string[]) => keys.map((key) => texts[key]);
    expect(printed(["kind", "store", "size", "owner", "decision", "summary", "uses"].map((key) => `more_${key}`))).toEqual(more);
    expect(printed(["choose", "n", "code", "name", "file", "more"].map((key) => `picker_col_${key}`))).toEqual(["Chọn", "STT", "Mã giấy tờ", "Tên giấy tờ", "File đính kèm", "Thông tin thêm"]);
    expect(printed(["paging", "paging_go", "paging_size"])).toEqual(["Tổng số {pages} Trang, {records} bản ghi.", "Chuyển tới Trang", "Hiển thị {n} Bản ghi/1 Trang"]);
    expect(printed(["new_title", "digitize_title", "kind_result"])).toEqual(["Thêm mới hồ sơ", "Cập nhật thông tin của file đưa vào kho dữ liệu điện tử", "Kết quả giải quyết"]);
  });
});
