//! What time does to a web.

use std::collections::HashSet;

use model::Outcome;
use synthweb::{PageNumber, Web, WebOptions};

#[test]
fn links_come_and_go_and_change_their_rel_and_pages_fail_and_return() {
    let web = Web::new(WebOptions::new(9, 2000));
    let mut seen = HashSet::new();
    for page in (0..2000).map(PageNumber) {
        let visits: Vec<_> = (0..4).filter_map(|step| web.visit(page, step)).collect();
        for pair in visits.windows(2) {
            let [before, after] = pair else { continue };
            assert!(before.page.fetched_at < after.page.fetched_at);
            assert_eq!(before.key, after.key);
            match (before.page.status, after.page.status) {
                (200, 404 | 410) => drop(seen.insert("gone")),
                (404 | 410, 200) => drop(seen.insert("returned")),
                (200, 301..=308) => drop(seen.insert("moved")),
                _ => {}
            }
            if after.outcome == Outcome::Unknown {
                seen.insert("unknown");
                assert!(after.links.is_empty());
            }
            if (before.page.status, after.page.status) != (200, 200) {
                continue;
            }
            let find = |key| before.links.iter().find(|stored| stored.key == key);
            for stored in &after.links {
                match find(stored.key.clone()) {
                    None => drop(seen.insert("came")),
                    Some(old) if old.link.dofollow != stored.link.dofollow => drop(seen.insert("flipped")),
                    Some(_) => {}
                }
            }
            if before.links.iter().any(|old| !after.links.iter().any(|stored| stored.key == old.key)) {
                seen.insert("went");
            }
        }
        if visits.len() < 4 && !visits.is_empty() {
            seen.insert("missed");
        }
    }
    assert_eq!(seen.len(), 8, "{seen:?}");
}
