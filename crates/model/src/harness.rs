//! What the fuzz target runs, so that its corpus can be replayed as an ordinary test.

use crate::{BucketCount, Host, HostKey, Target, TargetError, Url, UrlKey, parse_url};

/// Reads `data` as a key from disk, as a host key from disk, as an address and as a target.
///
/// # Panics
/// If what comes out breaks a promise of this crate.
pub fn url_key(data: &[u8]) {
    if let Ok(key) = UrlKey::from_bytes(data.to_vec()) {
        assert_eq!(key.as_bytes(), data);
        let both = (key.to_url_string(), key.host());
        assert!(key.range().contains(data), "{key:?} lies outside of itself");
        check_host(&both.1);
        assert_eq!(UrlKey::url_and_host(data), Ok(both));
    }
    if let Ok(host) = HostKey::host_of(data) {
        check_host(&host);
    }
    let text = String::from_utf8_lossy(data);
    let base = parse_url("https://www.example.org:8443/a/b?c", None).expect("the address is good");
    for url in [parse_url(&text, None), parse_url(&text, Some(&base))].into_iter().flatten() {
        check_url(&url);
    }
    for include_subdomains in [false, true] {
        if let Ok(target) = Target::parse(&text, include_subdomains) {
            check_target(&target);
        }
    }
}

fn check_url(url: &Url) {
    let key = UrlKey::new(url).expect("every URL has a key");
    let host = Host::of(url).expect("every URL has a host");
    assert_eq!(UrlKey::from_bytes(key.as_bytes().to_vec()).as_ref(), Ok(&key));
    assert_eq!((key.host(), key.is_https()), (host.clone(), url.scheme() == "https"), "{url}");
    let text = key.to_url_string();
    let again = parse_url(&text, None).expect("the URL of a key is a URL");
    assert_eq!(again.as_str(), text);
    assert_eq!(UrlKey::new(&again).as_ref(), Some(&key), "{url} is not stable");
    let host_key = HostKey::new(&host);
    assert_eq!(HostKey::host_of(host_key.as_bytes()).as_ref(), Ok(&host));
    for range in [key.range(), host_key.range(), host_key.range_with_subdomains()] {
        assert!(range.contains(key.as_bytes()), "{url} is not in its own range");
    }
    check_host(&host);
    match Target::parse(&text, true) {
        Ok(target) => {
            check_target(&target);
            assert_eq!(target, Target::Page(key));
        }
        Err(TargetError::UnknownSuffix(_) | TargetError::PublicSuffix(_)) => {}
        Err(error) => panic!("{text} is refused: {error}"),
    }
}

fn check_host(host: &Host) {
    let parts = [host.registrable(), host.icann_registrable(), host.without_www(), host.tld().unwrap_or_default()];
    for part in parts {
        assert!(host.as_str().ends_with(part), "{part} is no end of {host}");
    }
    assert!(host.is_same_site_as(host));
    let _ = (host.has_known_suffix(), host.is_public_suffix());
}

fn check_target(target: &Target) {
    let ranges = target.ranges();
    assert!(ranges.is_sorted_by(|left, right| left.end <= right.start), "{target:?}: ranges out of order");
    let holds = |key: &UrlKey| ranges.iter().any(|range| range.contains(key.as_bytes()));
    match target {
        Target::Page(key) => assert!(holds(key), "{target:?} is not in its own range"),
        Target::Host { host, include_subdomains } => {
            let key_of = |name: &str| parse_url(&format!("http://{name}/"), None).and_then(|url| UrlKey::new(&url));
            let key = key_of(host.as_str()).expect("the host of a target is a host");
            assert_eq!(key.host(), *host);
            assert!(holds(&key), "{target:?} is not in its own range");
            if let Some(below) = key_of(&format!("www.{host}")).filter(|_| !host.is_ip()) {
                let is_folded = below.host().without_www() == host.as_str();
                assert_eq!(holds(&below), *include_subdomains || is_folded, "{target:?} and its www");
                if holds(&below) {
                    let bucket = |key: &UrlKey| BUCKETS.of(&key.host());
                    assert_eq!(bucket(&below), bucket(&key), "{target:?} lies in two buckets");
                }
            }
        }
    }
}

const BUCKETS: BucketCount = BucketCount::new(BucketCount::MAX).expect("the greatest count is a count");

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_corpus_of_the_fuzz_target_passes() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/url_key");
        let mut count = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            url_key(&std::fs::read(entry.unwrap().path()).unwrap());
            count += 1;
        }
        assert!(count >= 10, "{count} inputs");
    }

    /// Pieces that make addresses and keys with much structure and little sense.
    fn piece() -> impl Strategy<Value = Vec<u8>> {
        let words = "http:// https:// www. example. com org co.uk blogspot.com kawasaki.jp ck xn-- xn--bcher-kva b\u{fc}cher \
                     127.0.0.1 0x7f 1 [::1] [2001:db8::1] : :80 :443 :65535 . .. / // \\ ? # @ % %2e %2f a \u{3002} \u{df} \u{200d}";
        let words: Vec<&str> = words.split_whitespace().collect();
        prop_oneof![
            6 => prop::sample::select(words).prop_map(|word| word.as_bytes().to_vec()),
            1 => prop::collection::vec(any::<u8>(), 0..3),
            1 => prop::collection::vec(0..4_u8, 1..3),
        ]
    }

    proptest! {
        #[test]
        fn any_pieces_are_read(start in prop::sample::select(&["", "http://", "https://"][..]), pieces in prop::collection::vec(piece(), 0..9)) {
            url_key(&[start.as_bytes(), &pieces.concat()].concat());
        }
    }
}
