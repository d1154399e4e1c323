//! Where the warehouse is, whom to believe, who we are, and the client made from that.

use crate::identity::DeviceIdentity;
use reqwest::{Client, Url};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// Without a byte of an answer; one chunk must have gone by then.
const STALL_TIMEOUT: Duration = Duration::from_secs(60);

/// Settings of the line to one warehouse.
#[derive(Clone, Debug)]
pub struct LinkSettings {
    /// Base URL, `https://…`.
    pub url: String,
    /// The province's CA, PEM; the only root believed.
    pub ca_pem: String,
    /// Where key and certificate of this machine lie; without them it is not known to the warehouse.
    pub identity: PathBuf,
}

/// Why no line can be made of the settings.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LinkSettingsError {
    /// Not an `https` URL with a host.
    #[error("warehouse url is not an https url")]
    Url,
    /// No certificate in the PEM, or one that cannot be read.
    #[error("province ca cannot be read")]
    Ca,
    /// Key or certificate of this machine.
    #[error("identity of this machine cannot be used")]
    Identity,
    /// The TLS library refused the configuration.
    #[error("tls cannot be set up")]
    Tls,
}

impl LinkSettings {
    pub(crate) fn base(&self) -> Result<Url, LinkSettingsError> {
        let url = Url::parse(&self.url).map_err(|_| LinkSettingsError::Url)?;
        if url.scheme() == "https" && url.has_host() { Ok(url) } else { Err(LinkSettingsError::Url) }
    }

    pub(crate) fn client(&self, identity: Option<&DeviceIdentity>) -> Result<Client, LinkSettingsError> {
        let base = self.base()?;
        let builder = Client::builder()
            .tls_backend_preconfigured(self.tls(identity)?)
            .https_only(true)
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .connect_timeout(CONNECT_TIMEOUT)
            .tcp_keepalive(Duration::from_secs(20))
            .read_timeout(STALL_TIMEOUT)
            .pool_idle_timeout(Duration::from_secs(30))
            .user_agent(concat!("motcua/", env!("CARGO_PKG_VERSION")));
        // A line that acknowledges nothing is found before the answer is missed.
        #[cfg(target_os = "linux")]
        let builder = builder.tcp_user_timeout(Duration::from_secs(30));
        let builder = if is_loopback(&base) { builder.no_proxy() } else { builder };
        builder.build().map_err(|_| LinkSettingsError::Tls)
    }

    /// Roots are the province's CA and nothing else.
    fn tls(&self, identity: Option<&DeviceIdentity>) -> Result<ClientConfig, LinkSettingsError> {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(self.ca_pem.as_bytes()) {
            let certificate = certificate.map_err(|_| LinkSettingsError::Ca)?;
            roots.add(certificate).map_err(|_| LinkSettingsError::Ca)?;
        }
        if roots.is_empty() {
            return Err(LinkSettingsError::Ca);
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|_| LinkSettingsError::Tls)?
            .with_root_certificates(roots);
        let Some((certificate, key)) = identity.map(DeviceIdentity::pems) else {
            return Ok(config.with_no_client_auth());
        };
        let unfit = |_| LinkSettingsError::Identity;
        let certificate = CertificateDer::from_pem_slice(certificate.as_bytes()).map_err(unfit)?;
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(unfit)?;
        config.with_client_auth_cert(vec![certificate], key).map_err(|_| LinkSettingsError::Identity)
    }
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn settings(url: &str, ca_pem: &str) -> LinkSettings {
        LinkSettings { url: url.into(), ca_pem: ca_pem.into(), identity: PathBuf::new() }
    }

    #[test]
    fn only_https_with_a_readable_ca_makes_a_line() {
        assert_eq!(settings("http://127.0.0.1", "").client(None).unwrap_err(), LinkSettingsError::Url);
        assert_eq!(settings("nonsense", "").client(None).unwrap_err(), LinkSettingsError::Url);
        assert_eq!(settings("https://127.0.0.1", "").client(None).unwrap_err(), LinkSettingsError::Ca);
        let torn = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert_eq!(settings("https://127.0.0.1", torn).client(None).unwrap_err(), LinkSettingsError::Ca);
    }

    #[test]
    fn a_line_to_this_machine_goes_through_no_proxy() {
        for (url, loopback) in
            [("https://127.0.0.1:1", true), ("https://[::1]:1", true), ("https://kho", false)]
        {
            assert_eq!(is_loopback(&Url::parse(url).unwrap()), loopback, "{url}");
        }
    }
}
