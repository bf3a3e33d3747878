//! Which known name was meant by one that is not known.

/// No name is longer by much, and the work grows with the length.
const LONGEST_BYTES: usize = 64;

/// The known name that is nearest to a given one, if any is near at all.
pub(crate) fn nearest<'a>(given: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    if given.len() > LONGEST_BYTES {
        return None;
    }
    let distances = known.map(|name| (strsim::damerau_levenshtein(given, name), name));
    let (distance, name) = distances.min()?;
    // Further away it would be a guess.
    (distance <= 1 + given.chars().count() / 3).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_near_name_is_suggested() {
        let known = ["anchor", "alt", "url_from"];
        assert_eq!(nearest("anhcor", known.into_iter()), Some("anchor"));
        assert_eq!(nearest("url-from", known.into_iter()), Some("url_from"));
        assert_eq!(nearest("nothing_like_it", known.into_iter()), None);
        assert_eq!(nearest("x", std::iter::empty()), None);
    }
}
