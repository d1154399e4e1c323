// Dossiers of the portal in the fake office: what waits, what was sent with it, and the rule for agencies.
import type { Attachment, ComponentRow, DeclineReason, Dossier, FailedPaper, Party, Sent, WaitingLine } from "./bridge";

/** Friday 20 November 2026, as the rest of the office. */
const at = (time: string) => Date.parse(`2026-11-20T${time}:00+07:00`);

/** A dossier as it was sent, before a counter opened it. */
export interface Submission {
  owner: Party;
  submitter: Party | null;
  procedure: string;
  sent: Sent;
  /** Its files in the order of the rows; an empty name leaves its row open. */
  papers: string[];
  holder: WaitingLine["holder"];
}

const person = (kind: Party["kind"], number: string, name: string): Party => ({ kind, number, aliases: [], name, address: "Thôn Thử Nghiệm 5, xã An Hòa (DEMO)", phone: "0900 000 031" });
const sent = (reference: string, time: string, more: Partial<Sent> = {}): Sent => ({
  reference, sentAt: at(time), resolvingAgency: "", district: "", account: "citizen", login: "VNeID", assurance: "", note: "", again: false, ...more,
});

export const SUBMISSIONS: Record<string, Submission> = {
  w1: {
    owner: person("citizen", "099095000031", "Phan Thị Mẫu"), submitter: null, procedure: "1.004873.H08", holder: null, papers: ["Tờ khai theo mẫu", "Thẻ căn cước công dân", "Giấy tờ chứng minh nơi cư trú"],
    sent: sent("TT-261120-0031", "07:42", { note: "Xin nhận kết quả điện tử, tôi đang đi làm xa.", again: true }),
  },
  w2: {
    owner: person("citizen", "099088000032", "Hoàng Văn Thử"), submitter: person("citizen", "099091000033", "Hoàng Thị Mẫu"), procedure: "1.001193.H08", holder: { counter: "Quầy 2", officer: "le.thi.mai", until: at("11:30") },
    papers: ["Tờ khai theo mẫu", "Giấy chứng sinh"], sent: sent("TT-261120-0032", "08:05", { login: "VNeID", assurance: "mức độ 2" }),
  },
  w3: {
    owner: person("agency", "000.00.22.H08", "Trường Mầm non An Hòa (DEMO)"), submitter: person("citizen", "099083000034", "Cao Thị Thử Văn Thư"), procedure: "1.012373.H08", holder: null,
    papers: ["Tờ trình đề nghị khen thưởng", "Biên bản họp xét", "Danh sách đề nghị", "Báo cáo thành tích"],
    sent: sent("TT-261120-0035", "08:31", { resolvingAgency: "UBND thị xã Thử Nghiệm (DEMO)", district: "Thị xã Thử Nghiệm", assurance: "mức độ 2" }),
  },
};

const mask = (number: string) => `${number.slice(0, 4)}••••${number.slice(-4)}`;
export const waitingLine = (id: string, of: Submission, procedureName: string, holder: WaitingLine["holder"]): WaitingLine => ({
  id, reference: of.sent.reference, procedureName, ownerName: of.owner.name, ownerNumber: mask(of.owner.number), ownerKind: of.owner.kind, channel: "online", papers: of.papers.length, sentAt: of.sent.sentAt, again: of.sent.again, holder,
});

/** Its files stand on the rows they were sent for; the last one cannot be fetched where the scene says so. */
export function fillRows(rows: ComponentRow[], of: Submission, file: (seed: string) => Attachment, broken: boolean): FailedPaper[] {
  const failed: FailedPaper[] = [];
  of.papers.forEach((name, index) => {
    const row = rows[index];
    if (!row) return;
    row.name = name;
    if (broken && index === of.papers.length - 1) failed.push({ name, code: "fileMissing" });
    else Object.assign(row, { attachment: file(`${of.sent.reference}-${index}`), needsSignature: row.entersWarehouse ? "agency" : "none" });
  });
  return failed;
}

/** What an agency's draft lacks by the rule, as the desk sees it. */
export function defectsOf(d: Dossier): string[] {
  if (d.state !== "draft" || d.owner.kind !== "agency") return [];
  const defects = d.sent?.account !== "agency" || d.submitter !== null ? ["agencyOtherAccount"] : [];
  const unsigned = d.components.some((row) => row.attachment && row.attachment.source !== "warehouse" && row.attachment.signatures.length === 0);
  return unsigned ? [...defects, "agencyPapersUnsigned"] : defects;
}

export const REASONS: DeclineReason[] = [
  { code: "papersMissing", text: "Thiếu thành phần hồ sơ theo quy định của thủ tục" },
  { code: "formWrong", text: "Tờ khai chưa đúng mẫu hoặc chưa ghi đủ nội dung" },
  { code: "fileUnreadable", text: "Tệp tin không mở được hoặc không đọc được" },
  { code: "notCompetent", text: "Không thuộc thẩm quyền tiếp nhận, giải quyết của cơ quan" },
  { code: "agencyOtherAccount", text: "Hồ sơ của cơ quan không được nộp bằng tài khoản của chính cơ quan đó" },
  { code: "agencyPapersUnsigned", text: "Thành phần hồ sơ của cơ quan chưa được ký số hoặc chứng thực điện tử" },
];
