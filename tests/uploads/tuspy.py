"""Another client of the upload protocol: tuspy. URL MACHINE FILE SHA256 [BYTES OF A PIECE] (MACHINE: key and certificate, PEM); the CA is in REQUESTS_CA_BUNDLE."""

import sys

from tusclient import client

url, machine, file, sha256 = sys.argv[1:5]
uploader = client.TusClient(url, client_cert=(machine, machine)).uploader(
    file,
    chunk_size=int(sys.argv[5]) if len(sys.argv) > 5 else 400_000,
    metadata={"sha256": sha256},
    retries=5,
    retry_delay=0.2,
    upload_checksum=True,
)
uploader.upload()
print(uploader.offset)
