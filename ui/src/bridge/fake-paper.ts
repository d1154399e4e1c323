// Invented papers for the fake: a page picture and a small PDF of grey lines.

const bars = (page: number) => Array.from({ length: 26 }, (_, i) => ({ y: 250 + i * 34, w: 520 + ((i * 7919 + page * 104729) % 190) - (i % 6 === 5 ? 320 : 0) }));

export function fakePageSvg(name: string, page: number): string {
  const lines = bars(page).map(({ y, w }) => `<rect x="110" y="${y}" width="${w}" height="9" fill="#9aa3ad"/>`).join("");
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 920 1301"><rect width="920" height="1301" fill="#fdfcf8"/><g font-family="serif" text-anchor="middle" fill="#222"><text x="460" y="110" font-size="26">CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM</text><text x="460" y="146" font-size="24">Độc lập - Tự do - Hạnh phúc</text><text x="460" y="210" font-size="30">${name}</text></g>${lines}<circle cx="700" cy="1170" r="70" fill="none" stroke="#b3261e" stroke-width="6" opacity=".7"/></svg>`;
}

export function fakePdf(pageCount: number): Uint8Array<ArrayBuffer> {
  const objects: string[] = ["<< /Type /Catalog /Pages 2 0 R >>", ""];
  const kids: string[] = [];
  for (let n = 1; n <= pageCount; n += 1) {
    const content = `0.15 g 150 770 300 9 re f 210 750 180 7 re f 0.6 g ${bars(n).map(({ y, w }) => `70 ${Math.round(860 - y * 0.64)} ${Math.round(w * 0.62)} 5 re f`).join(" ")} 0.7 0.15 0.12 RG 3 w 420 70 70 70 re S`;
    objects.push(`<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents ${objects.length + 2} 0 R >>`);
    kids.push(`${objects.length} 0 R`);
    objects.push(`<< /Length ${content.length} >>\nstream\n${content}\nendstream`);
  }
  objects[1] = `<< /Type /Pages /Kids [${kids.join(" ")}] /Count ${pageCount} >>`;
  let text = "%PDF-1.7\n";
  const offsets = objects.map((object, i) => {
    const at = text.length;
    text += `${i + 1} 0 obj\n${object}\nendobj\n`;
    return at;
  });
  const xref = text.length;
  text += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${offsets.map((o) => `${String(o).padStart(10, "0")} 00000 n \n`).join("")}trailer << /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${xref}\n%%EOF`;
  return Uint8Array.from(text, (c) => c.charCodeAt(0));
}
