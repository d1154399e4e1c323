// Feedback on papers in the fake office: two that wait for an answer, one that was found wrong, one of this office's own.
import type { FeedbackLine } from "./bridge";

/** Friday 20 November 2026, as the rest of the office. */
const at = (time: string, day = 20) => Date.parse(`2026-11-${day}T${time}:00+07:00`);

const line = (id: string, more: Partial<FeedbackLine>): FeedbackLine => ({
  id, paper: "099087000021.KQ.G15.000032.Giấy chứng nhận kết hôn", paperCode: "099087000021.KQ.G15.000032.CS10041", ownerName: "Võ Văn Mẫu", ownerNumber: "0990••••0021", reason: "wrongInformation", text: "", fromAgency: "UBND xã An Hòa (DEMO)",
  fromOfficer: "canbo.demo", givenAt: at("08:10"), toAgency: "UBND xã An Hòa (DEMO)", ours: true, stage: "open", unsent: false, finding: null, answer: null, uses: [], ...more,
});

export const feedbackOf = (wrong: boolean): FeedbackLine[] => [
  line("f1", { fromAgency: "UBND phường Thử Nghiệm (DEMO)", fromOfficer: "le.thi.mai", text: "Ngày sinh của vợ trên giấy là 12/03/1990, công dân xuất trình căn cước ghi 21/03/1990." }),
  line("f2", { paper: "099092000003.KQ.G15.000031.Giấy khai sinh", paperCode: "099092000003.KQ.G15.000031.CS10007", ownerName: "Đinh Thị Thử", ownerNumber: "0990••••0003", reason: "notSigned", fromAgency: "Sở Tư pháp (DEMO)", fromOfficer: "tran.van.thu", givenAt: at("16:40", 19) }),
  ...(wrong
    ? [line("f3", {
        paper: "099090000001.KQ.G15.000034.Giấy xác nhận tình trạng hôn nhân", paperCode: "099090000001.KQ.G15.000034.CS10012", ownerName: "Nguyễn Thị Lan Mẫu", ownerNumber: "0990••••0001", stage: "wrong", givenAt: at("09:05", 18),
        text: "Số quyết định trên giấy không có trong sổ.", finding: { text: "Đúng là ghi nhầm số quyết định: sổ gốc ghi 118, giấy ghi 181.", officer: "canbo.demo", at: at("10:30", 18) },
        uses: [
          { dossier: "d6", code: "000.00.22.H08-261120-0004", ownerName: "Phạm Quốc Bảo", officer: "canbo.demo", returned: false },
          { dossier: "d5", code: "000.00.22.H08-261119-0011", ownerName: "Trần Thị Thử", officer: "le.thi.mai", returned: false },
          { dossier: "d4", code: "000.00.22.H08-261117-0002", ownerName: "Lý Văn Thử Nghiệm", officer: "le.thi.mai", returned: true },
        ],
      })]
    : []),
  line("f4", {
    paper: "099095000031.KQ.G01.000023.Thẻ căn cước công dân", paperCode: "099095000031.KQ.G01.000023.CS10387", ownerName: "Phan Thị Mẫu", ownerNumber: "0990••••0031", reason: "notTheResult", toAgency: "Công an tỉnh (DEMO)", ours: false, stage: "right", givenAt: at("14:20", 17),
    answer: { text: "Giấy tờ đúng của công dân, tên tệp cũ được giữ theo hệ thống trước đây.", officer: "pham.van.mau", at: at("09:12", 18) },
  }),
];
