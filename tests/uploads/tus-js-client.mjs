// Another client of the upload protocol: tus-js-client. URL MACHINE FILE SHA256 [BYTES OF A PIECE] (MACHINE: key and certificate, PEM); the CA is in NODE_EXTRA_CA_CERTS.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const { Upload, DefaultHttpStack } = createRequire(new URL("../../ui/package.json", import.meta.url))("tus-js-client");
const [url, machine, file, sha256, piece = "400000"] = process.argv.slice(2);
const bytes = readFileSync(file);
const pem = readFileSync(machine);
new Upload(bytes, {
  endpoint: url,
  httpStack: new DefaultHttpStack({ key: pem, cert: pem }),
  metadata: { sha256 },
  chunkSize: Number(piece),
  retryDelays: [0, 200, 500, 1000, 2000],
  uploadDataDuringCreation: true,
  storeFingerprintForResuming: false,
  onError: (error) => {
    console.error(String(error));
    process.exitCode = 1;
  },
  onSuccess: () => console.log(bytes.length),
}).start();
