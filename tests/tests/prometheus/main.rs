//! What others make of our metrics: promtool, the strict parser of Prometheus' Python client, and a Prometheus server that scrapes the shop; and
//! what is told of calls of real servers.
//!
//! Debian's `prometheus` and `PyPI`'s `prometheus_client` are fetched into the target directory. Where they cannot be had, a test says so on
//! stderr and shows nothing.

mod exemplars;
mod formats;
mod native;
mod page;
mod rules;
mod scraper;
mod shed;
mod shop;
mod stuck;
mod tools;
