// The guides of the fake office: as they are shipped (assets/guides).
import type { GuideCode, Guides } from "./bridge";

/** https://dichvucong.gov.vn */
const CODE: GuideCode = { side: 25, path: "M0 0h7v1h-7zM10 0h2v1h-2zM14 0h2v1h-2zM18 0h7v1h-7zM0 1h1v1h-1zM6 1h1v1h-1zM8 1h2v1h-2zM11 1h1v1h-1zM14 1h2v1h-2zM18 1h1v1h-1zM24 1h1v1h-1zM0 2h1v1h-1zM2 2h3v1h-3zM6 2h1v1h-1zM9 2h2v1h-2zM12 2h1v1h-1zM15 2h1v1h-1zM18 2h1v1h-1zM20 2h3v1h-3zM24 2h1v1h-1zM0 3h1v1h-1zM2 3h3v1h-3zM6 3h1v1h-1zM12 3h1v1h-1zM18 3h1v1h-1zM20 3h3v1h-3zM24 3h1v1h-1zM0 4h1v1h-1zM2 4h3v1h-3zM6 4h1v1h-1zM8 4h3v1h-3zM13 4h3v1h-3zM18 4h1v1h-1zM20 4h3v1h-3zM24 4h1v1h-1zM0 5h1v1h-1zM6 5h1v1h-1zM10 5h1v1h-1zM14 5h3v1h-3zM18 5h1v1h-1zM24 5h1v1h-1zM0 6h7v1h-7zM8 6h1v1h-1zM10 6h1v1h-1zM12 6h1v1h-1zM14 6h1v1h-1zM16 6h1v1h-1zM18 6h7v1h-7zM11 7h1v1h-1zM13 7h1v1h-1zM16 7h1v1h-1zM0 8h1v1h-1zM2 8h1v1h-1zM4 8h1v1h-1zM6 8h1v1h-1zM9 8h3v1h-3zM13 8h1v1h-1zM15 8h2v1h-2zM20 8h1v1h-1zM23 8h1v1h-1zM0 9h1v1h-1zM2 9h1v1h-1zM4 9h1v1h-1zM8 9h4v1h-4zM13 9h1v1h-1zM16 9h3v1h-3zM24 9h1v1h-1zM0 10h4v1h-4zM5 10h2v1h-2zM10 10h4v1h-4zM20 10h1v1h-1zM22 10h3v1h-3zM0 11h1v1h-1zM3 11h3v1h-3zM7 11h1v1h-1zM9 11h1v1h-1zM12 11h3v1h-3zM23 11h1v1h-1zM1 12h3v1h-3zM5 12h5v1h-5zM12 12h2v1h-2zM16 12h3v1h-3zM21 12h1v1h-1zM23 12h2v1h-2zM2 13h1v1h-1zM4 13h2v1h-2zM8 13h1v1h-1zM10 13h3v1h-3zM16 13h3v1h-3zM21 13h1v1h-1zM24 13h1v1h-1zM0 14h1v1h-1zM3 14h2v1h-2zM6 14h3v1h-3zM10 14h4v1h-4zM18 14h2v1h-2zM22 14h3v1h-3zM1 15h1v1h-1zM3 15h2v1h-2zM12 15h5v1h-5zM18 15h1v1h-1zM20 15h1v1h-1zM23 15h1v1h-1zM0 16h1v1h-1zM3 16h4v1h-4zM11 16h3v1h-3zM16 16h6v1h-6zM8 17h2v1h-2zM11 17h1v1h-1zM13 17h2v1h-2zM16 17h1v1h-1zM20 17h2v1h-2zM23 17h2v1h-2zM0 18h7v1h-7zM9 18h2v1h-2zM12 18h2v1h-2zM15 18h2v1h-2zM18 18h1v1h-1zM20 18h2v1h-2zM23 18h2v1h-2zM0 19h1v1h-1zM6 19h1v1h-1zM9 19h2v1h-2zM12 19h2v1h-2zM16 19h1v1h-1zM20 19h2v1h-2zM0 20h1v1h-1zM2 20h3v1h-3zM6 20h1v1h-1zM8 20h1v1h-1zM10 20h5v1h-5zM16 20h6v1h-6zM0 21h1v1h-1zM2 21h3v1h-3zM6 21h1v1h-1zM12 21h1v1h-1zM15 21h2v1h-2zM19 21h4v1h-4zM0 22h1v1h-1zM2 22h3v1h-3zM6 22h1v1h-1zM8 22h2v1h-2zM12 22h2v1h-2zM15 22h2v1h-2zM20 22h1v1h-1zM24 22h1v1h-1zM0 23h1v1h-1zM6 23h1v1h-1zM12 23h2v1h-2zM16 23h3v1h-3zM20 23h2v1h-2zM23 23h1v1h-1zM0 24h7v1h-7zM8 24h3v1h-3zM13 24h1v1h-1zM15 24h2v1h-2zM18 24h2v1h-2zM23 24h2v1h-2z" };

export const GUIDES: Guides = {
  guides: [
    {
      key: "identity", title: "Tạo tài khoản định danh (VNeID)", link: "https://dichvucong.gov.vn", code: CODE,
      lead: ["Số định danh này chưa có tài khoản trên Cổng Dịch vụ công quốc gia. Từ ngày 20/7/2026, Cổng chỉ nhận tài khoản định danh điện tử VNeID."],
      steps: [
        "Chưa có tài khoản VNeID: đến Công an cấp xã, mang theo thẻ căn cước, đề nghị cấp tài khoản định danh điện tử mức độ 2.",
        "Cài ứng dụng VNeID trên điện thoại và kích hoạt tài khoản theo tin nhắn nhận được.",
        "Quét mã QR hoặc mở Cổng Dịch vụ công quốc gia, bấm \"Đăng nhập\", chọn tài khoản định danh điện tử cấp bởi Bộ Công an (VNeID). Đăng nhập một lần để kích hoạt.",
        "Trở lại quầy: cán bộ nhập lại số định danh và bấm \"Xác minh danh tính số\". Khi đó máy hiện thông tin số hóa và kho giấy tờ của ông (bà).",
      ],
      notes: ["Chưa có tài khoản, ông (bà) vẫn được nộp hồ sơ tại quầy."],
    },
    {
      key: "online", title: "Nộp hồ sơ trực tuyến", link: "https://dichvucong.gov.vn", code: CODE,
      lead: ["Ông (bà) có thể nộp hồ sơ tại nhà, không phải đến quầy."],
      steps: [
        "Quét mã QR hoặc mở Cổng Dịch vụ công, bấm \"Đăng nhập\".",
        "Chọn tài khoản định danh điện tử cấp bởi Bộ Công an (VNeID) và đăng nhập.",
        "Bấm \"Nộp trực tuyến\", tìm và chọn dịch vụ công cần nộp.",
        "Chọn cơ quan giải quyết hồ sơ, trường hợp giải quyết và nơi nộp.",
        "Kiểm tra thông tin \"Người nộp\" và \"Chủ hồ sơ\", bấm \"Đồng ý và tiếp tục\"; cần sửa thì bấm \"Quay lại\".",
        "Ở từng giấy tờ bấm \"Chọn tệp tin\", chọn \"Lấy từ kho\"; giấy tờ đã có trong kho không phải chụp lại.",
        "Chọn hình thức nộp hồ sơ và hình thức nhận kết quả.",
        "Bấm \"Đồng ý và tiếp tục\", sau đó bấm \"Nộp hồ sơ\". Nộp thành công sẽ có tin báo qua Zalo và SMS.",
      ],
      notes: [],
    },
    {
      key: "warehouse", title: "Đưa giấy tờ vào kho của mình", link: "https://dichvucong.gov.vn", code: CODE,
      lead: ["Giấy tờ đã ở trong kho thì lần sau nộp hồ sơ không phải mang, không phải chụp lại."],
      steps: [
        "Quét mã QR hoặc mở Cổng Dịch vụ công, bấm \"Đăng nhập\".",
        "Chọn mục \"Kho dữ liệu cá nhân, tổ chức\", bấm \"Thêm mới\".",
        "Ở hộp \"Cập nhật dữ liệu kho cá nhân, tổ chức\" chọn loại giấy tờ \"Kết quả giải quyết\" và danh mục giấy tờ đúng với tệp tin.",
        "Kiểm tra \"Tên giấy tờ\". Để \"Hiển thị\" thì giấy tờ có trong danh sách của ông (bà); chọn \"Chia sẻ\" thì cơ quan khác được tìm và dùng lại.",
        "Bấm \"Chọn tệp tin\", chọn tệp PDF đã ký số.",
        "Bấm \"Cập nhật\". Giấy tờ hiện trong danh sách; bấm \"Bỏ qua\" nếu không lưu.",
      ],
      notes: ["(*) Chỉ đính kèm tệp tin ký bằng chứng thư số được cấp bởi Ban Cơ yếu chính phủ"],
    },
  ],
  digitizing: ["Nghị định 367/2025/NĐ-CP ngày 31/12/2025", "Thông tư 03/2025/TT-VPCP ngày 15/09/2025", "Nghị định 118/2025/NĐ-CP ngày 09/06/2025", "Thông tư 01/2023/TT-VPCP ngày 05/04/2023"],
};
