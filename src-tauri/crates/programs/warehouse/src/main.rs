//! motcua-warehouse: the provincial warehouse.
#![forbid(unsafe_code)]

use anyhow::Context;
use clap::{Parser, Subcommand};
use motcua_warehouse::{Config, check, seed, serve};
use std::io::Write;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::ExitCode;

/// The provincial warehouse ("kho") of Một Cửa.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serves counters over HTTPS until SIGTERM; prints one JSON line when ready.
    Serve {
        /// Data directory with warehouse.json.
        #[arg(long)]
        data: PathBuf,
        /// Address, port 0 for any; overrides warehouse.json.
        #[arg(long)]
        listen: Option<String>,
    },
    /// Loads reference data, machines, identity accounts and papers; again changes nothing.
    Seed {
        /// Data directory with warehouse.json.
        #[arg(long)]
        data: PathBuf,
        /// The seed file; its papers lie beside it.
        #[arg(long)]
        file: PathBuf,
    },
    /// Checks database, files and receipts; exit code 1 when something is wrong.
    Check {
        /// Data directory with warehouse.json.
        #[arg(long)]
        data: PathBuf,
    },
}

fn main() -> anyhow::Result<ExitCode> {
    rustls::crypto::ring::default_provider()
        .install_default()
        .map_err(|_| anyhow::anyhow!("a tls provider is installed already"))?;
    tracing_subscriber::fmt()
        .json()
        .with_writer(std::io::stderr)
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_env("MOTCUA_LOG").unwrap_or_else(|_| "info".into()),
        )
        .init();
    match Arguments::parse().command {
        Command::Serve { data, listen } => {
            let config = Config::load(&data)?;
            let address = listen.unwrap_or_else(|| config.listen.clone());
            let listener =
                TcpListener::bind(&address).with_context(|| format!("cannot listen on {address}"))?;
            let runtime = tokio::runtime::Runtime::new()?;
            runtime.block_on(serve(config, listener, |url| {
                tell(&serde_json::json!({ "listening": url }));
            }))?;
        }
        Command::Seed { data, file } => {
            let report = seed(&Config::load(&data)?, &file)?;
            tell(&serde_json::to_value(report)?);
        }
        Command::Check { data } => {
            let report = check(&Config::load(&data)?)?;
            tell(&serde_json::to_value(&report)?);
            if !report.is_clean() {
                return Ok(ExitCode::FAILURE);
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// stdout is data: one JSON line.
fn tell(value: &serde_json::Value) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{value}").and_then(|()| out.flush());
}
