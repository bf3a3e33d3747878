//! Signals of the graph on a web with a farm in it.

use std::convert::Infallible;

use model::PageRank;
use rank::spam::{
    DomainEvidence, Signal, core_options, domain_signals, explain, farm::DomainName, farm_blocks, identical_sets,
    is_core_domain, is_spam_mass, spam_mass,
};
use rank::{Dangling, Graph, PageRankOptions, scale};

use crate::support::{METHODS, distance, rank};

/// 120 universities that link to their neighbours and to 100 good sites, and a farm of 40 that link to each other and to one
/// shop. Some good sites dangle.
fn web() -> (Vec<String>, Vec<(u32, u32)>) {
    let mut names: Vec<String> = (0..120).map(|number| made_up_name(number) + ".edu").collect();
    names.extend((120..220).map(|number| made_up_name(number) + ".org"));
    names.extend((0..40).map(|number| format!("cheap-offers-{number:02}.com")));
    names.push("shop.com".to_owned());
    let mut edges = Vec::new();
    for university in 0..120_u32 {
        edges.extend([(university, (university + 1) % 120), (university, 120 + university % 100)]);
        edges.push((university, 120 + university * 7 % 30));
    }
    edges.extend((120..190).map(|site| (site, 120 + (site - 119) % 100)));
    for member in 220..260_u32 {
        edges.extend((1..=5).map(|step| (member, 220 + (member - 220 + step) % 40)));
        edges.push((member, 260));
    }
    (names, edges)
}

/// Eight letters that have nothing to do with those of the next number.
fn made_up_name(number: u64) -> String {
    let mut mixed = (number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed ^= mixed >> 29;
    (0..8).map(|place| char::from(b'a' + (mixed >> (place * 8)) as u8 % 26)).collect()
}

#[test]
fn the_farm_and_what_it_boosts_are_found_and_nothing_else() {
    let (names, edges) = web();
    let nodes = names.len() as u32;
    let graph = Graph::from_edges(nodes, edges.clone());
    let ranks = rank(&graph, PageRankOptions::default());
    let options = core_options(nodes, |node| is_core_domain(&names[node as usize])).unwrap();
    let core = rank(&graph, options);
    let mass = spam_mass(&ranks.values, ranks.dangling_mass, &core.values);
    let x: Vec<f64> = ranks.values.iter().map(|&rank| scale::relative(PageRank(rank), nodes)).collect();
    let name = |node: u32| {
        let (label, suffix) = names[node as usize].split_once('.').unwrap();
        DomainName { label, suffix }
    };
    let farm = farm_blocks(&x, name);
    let mut sorted = edges;
    sorted.sort_unstable();
    let shared = identical_sets(nodes, sorted.into_iter().map(Ok::<_, Infallible>)).unwrap();
    for node in 0..nodes as usize {
        let evidence = DomainEvidence {
            is_spam_mass: is_spam_mass(x[node], mass[node]),
            is_in_farm_block: farm[node],
            has_identical_referrers: shared[node],
        };
        let signals: Vec<Signal> = explain(domain_signals(evidence)).map(|(signal, _)| signal).collect();
        let expected: &[Signal] = match names[node].as_str() {
            "shop.com" => &[Signal::SpamMass],
            name if name.starts_with("cheap") => &[Signal::FarmBlock],
            _ => &[],
        };
        assert_eq!(signals, expected, "{} {} {}", names[node], x[node], mass[node]);
    }
}

#[test]
fn spread_ranks_are_a_multiple_of_the_linear_ones() {
    // So that spam mass needs one ranking and not two.
    let (names, edges) = web();
    let graph = Graph::from_edges(names.len() as u32, edges);
    for method in METHODS {
        let at = |dangling| {
            rank(&graph, PageRankOptions { dangling, method, l1_bound: 1e-12, ..PageRankOptions::default() })
        };
        let (spread, dropped) = (at(Dangling::Prior), at(Dangling::Drop));
        let factor = 1.0 + scale::DAMPING * spread.dangling_mass / (1.0 - scale::DAMPING);
        assert!(factor > 1.1, "{factor}");
        let scaled: Vec<f64> = spread.values.iter().map(|value| value / factor).collect();
        assert!(distance(&scaled, &dropped.values) < 1e-11);
    }
}

#[test]
fn the_masses_of_a_whole_core_are_the_good_share() {
    // Everything is core: p' = γ·p, so m = 1 − γ.
    let (names, edges) = web();
    let nodes = names.len() as u32;
    let graph = Graph::from_edges(nodes, edges);
    let ranks = rank(&graph, PageRankOptions::default());
    let core = rank(&graph, core_options(nodes, |_| true).unwrap());
    let mass = spam_mass(&ranks.values, ranks.dangling_mass, &core.values);
    assert!(mass.iter().all(|mass| (mass - 0.15).abs() < 1e-5), "{mass:?}");
}
