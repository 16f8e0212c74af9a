//! The workspace is what ARCHITECTURE.md and the manifests say.

use std::collections::{HashMap, HashSet};
use std::process::Command;

use cargo_metadata::{CargoOpt, DependencyKind, Metadata, MetadataCommand, Package, PackageId};

fn metadata() -> Metadata {
    MetadataCommand::new()
        .features(CargoOpt::AllFeatures)
        // Not what only another platform needs.
        .other_options(["--locked", "--offline", "--filter-platform", &host()].map(str::to_owned))
        .exec()
        .expect("cargo knows the workspace")
}

fn host() -> String {
    let rustc = Command::new("rustc").arg("-vV").output().expect("rustc is there");
    let version = String::from_utf8(rustc.stdout).expect("text");
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    host.expect("rustc names its host").to_owned()
}

fn published(metadata: &Metadata) -> impl Iterator<Item = &Package> {
    let members = metadata.workspace_packages().into_iter();
    members.filter(|package| package.publish.is_none())
}

fn member<'a>(metadata: &'a Metadata, name: &str) -> &'a Package {
    let members = metadata.workspace_packages();
    let member = members.into_iter().find(|package| package.name.as_str() == name);
    member.unwrap_or_else(|| panic!("{name} is no member"))
}

fn normal_dependencies(package: &Package) -> impl Iterator<Item = &str> {
    let normal = package.dependencies.iter();
    normal
        .filter(|dependency| dependency.kind == DependencyKind::Normal)
        .map(|dependency| dependency.name.as_str())
}

#[test]
fn the_mechanism_depends_on_five_crates_and_nothing_else() {
    let metadata = metadata();
    let mut found: Vec<_> = normal_dependencies(member(&metadata, "tower-telemetry-observe")).collect();
    found.sort_unstable();
    assert_eq!(
        found,
        ["http", "http-body", "pin-project-lite", "tower-layer", "tower-service"]
    );
}

#[test]
fn the_shop_sets_itself_up_by_the_crate_for_it_alone() {
    let metadata = metadata();
    let of_others = normal_dependencies(member(&metadata, "shop"))
        .filter(|name| name.starts_with("opentelemetry") || name.starts_with("tracing"));
    assert_eq!(of_others.collect::<Vec<_>>(), Vec::<&str>::new());
}

#[test]
fn a_crate_depends_only_on_crates_above_it() {
    let architecture = include_str!("../../ARCHITECTURE.md");
    let order: Vec<String> = architecture
        .lines()
        .skip_while(|line| line.trim() != "crates/")
        .skip(1)
        .take_while(|line| line.starts_with("      "))
        .filter_map(|line| Some(line.trim().split_once('/')?.0.to_owned()))
        .collect();
    let metadata = metadata();
    let mut above = HashSet::new();
    for folder in &order {
        let package = metadata
            .workspace_packages()
            .into_iter()
            .find(|package| {
                package
                    .manifest_path
                    .parent()
                    .is_some_and(|at| at.ends_with(format!("crates/{folder}")))
            })
            .unwrap_or_else(|| panic!("ARCHITECTURE.md names {folder}, which is no crate"));
        for dependency in normal_dependencies(package) {
            assert!(
                !dependency.starts_with("tower-telemetry") || above.contains(dependency),
                "{} depends on {dependency}, which is not above it",
                package.name
            );
        }
        above.insert(package.name.as_str());
    }
    for package in published(&metadata) {
        assert!(
            above.contains(package.name.as_str()),
            "ARCHITECTURE.md leaves {} out",
            package.name
        );
    }
}

#[test]
fn a_published_crate_has_a_page_on_the_registry() {
    let readme = include_str!("../../README.md");
    for package in published(&metadata()) {
        let name = package.name.as_str();
        let of = |what: Option<&str>| what.unwrap_or_else(|| panic!("{name} says too little")).to_owned();
        assert!(
            of(package.description.as_deref()).ends_with('.'),
            "{name}'s description"
        );
        assert_eq!(of(package.documentation.as_deref()), format!("https://docs.rs/{name}"));
        assert!(!of(package.license.as_deref()).is_empty() && !of(package.repository.as_deref()).is_empty());
        let page = package.readme().expect("a page");
        let page = std::fs::read_to_string(&page).unwrap_or_else(|_| panic!("there is no {page}"));
        assert!(page.starts_with("# tower-telemetry"), "{name}'s page");
        assert!(
            (1..=5).contains(&package.keywords.len()) && package.keywords.iter().all(|word| word.len() <= 20),
            "{name}'s keywords"
        );
        assert!(readme.contains(name), "README leaves {name} out");
    }
}

#[test]
fn a_crates_front_page_says_when_its_hooks_run_and_what_its_features_are() {
    for package in published(&metadata()).filter(|package| !package.name.ends_with("-macros")) {
        let name = package.name.as_str();
        let library = package.manifest_path.with_file_name("src").join("lib.rs");
        let library = std::fs::read_to_string(&library).unwrap_or_else(|_| panic!("there is no {library}"));
        let page: Vec<_> = library.lines().filter_map(|line| line.strip_prefix("//!")).collect();
        assert!(page.contains(&" # When the hooks run"), "{name}");
        let features = page.iter().position(|line| *line == " # Features");
        let said = features.map_or(String::new(), |at| page[at..].concat());
        for feature in package.features.keys().filter(|feature| *feature != "default") {
            assert!(
                said.contains(&format!("`{feature}`")),
                "{name} does not say what {feature} is"
            );
        }
    }
}

#[test]
fn no_crate_needs_a_newer_rust_than_it_says() {
    let metadata = metadata();
    let packages: HashMap<&PackageId, &Package> =
        metadata.packages.iter().map(|package| (&package.id, package)).collect();
    let nodes = &metadata.resolve.as_ref().expect("the graph is resolved").nodes;
    let needs: HashMap<&PackageId, Vec<&PackageId>> = nodes
        .iter()
        .map(|node| {
            let normal = node
                .deps
                .iter()
                .filter(|dep| dep.dep_kinds.iter().any(|kind| kind.kind == DependencyKind::Normal));
            (&node.id, normal.map(|dep| &dep.pkg).collect())
        })
        .collect();
    for package in published(&metadata) {
        let says = package.rust_version.as_ref().expect("every crate states one");
        let mut seen = HashSet::new();
        let mut open = vec![&package.id];
        while let Some(id) = open.pop() {
            if !seen.insert(id) {
                continue;
            }
            if let Some(needed) = &packages[id].rust_version {
                assert!(
                    needed <= says,
                    "{} says {says}, but {} needs {needed}",
                    package.name,
                    packages[id].name
                );
            }
            open.extend(&needs[id]);
        }
    }
}

#[test]
fn warnings_of_slow_calls_need_no_runtime() {
    let tree = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--locked", "--edges", "normal", "--prefix", "none"])
        .args(["--package", "tower-telemetry-slow", "--no-default-features"])
        .output()
        .expect("cargo runs");
    let tree = String::from_utf8(tree.stdout).expect("text");
    assert!(tree.starts_with("tower-telemetry-slow "), "{tree}");
    assert!(!tree.lines().any(|line| line.starts_with("tokio ")), "{tree}");
}

#[test]
fn protobuf_needs_no_protoc() {
    let metadata = metadata();
    let client = metadata
        .packages
        .iter()
        .find(|package| package.name.as_str() == "prometheus-client")
        .expect("it is a dependency");
    let nodes = &metadata.resolve.as_ref().expect("the graph is resolved").nodes;
    let node = nodes.iter().find(|node| node.id == client.id).expect("it has a node");
    let has = |feature: &str| node.features.iter().any(|other| ***other == *feature);
    assert!(
        has("prometheus_protobuf") && has("protobuf-protox"),
        "{:?}",
        node.features
    );
}
