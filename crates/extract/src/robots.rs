//! Robots directives: the meta tag and the `X-Robots-Tag` header.

use model::Robots;

/// Adds directives separated by commas or white space.
pub(crate) fn add_directives(robots: &mut Robots, content: &str) {
    for directive in content.split(|mark: char| mark == ',' || mark.is_ascii_whitespace()) {
        add_directive(robots, directive);
    }
}

/// Adds one `X-Robots-Tag` header. Directives after `botname:` are for that robot and do not count.
pub(crate) fn add_header(robots: &mut Robots, value: &str) {
    let mut is_generic = true;
    for part in value.split(',') {
        let mut directives = part;
        if let Some((name, rest)) = part.split_once(':') {
            let name = name.trim();
            let has_value = ["unavailable_after", "max-snippet", "max-image-preview", "max-video-preview"]
                .iter()
                .any(|known| known.eq_ignore_ascii_case(name));
            // A time of day also holds colons, but no robot has a space in its name.
            let is_robot = !name.is_empty() && !name.contains(char::is_whitespace);
            if has_value || !is_robot {
                continue;
            }
            is_generic = matches!(name.to_ascii_lowercase().as_str(), "*" | "robots" | "all");
            directives = rest;
        }
        if is_generic {
            add_directives(robots, directives);
        }
    }
}

fn add_directive(robots: &mut Robots, directive: &str) {
    match directive.to_ascii_lowercase().as_str() {
        "nofollow" => robots.nofollow = true,
        "noindex" => robots.noindex = true,
        "noarchive" => robots.noarchive = true,
        "none" => {
            robots.nofollow = true;
            robots.noindex = true;
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(value: &str) -> Robots {
        let mut robots = Robots::default();
        add_header(&mut robots, value);
        robots
    }

    #[test]
    fn directives_are_read_in_any_case_and_order() {
        let mut robots = Robots::default();
        add_directives(&mut robots, "NOINDEX,NoFollow");
        assert_eq!(robots, Robots { nofollow: true, noindex: true, noarchive: false });
        let mut robots = Robots::default();
        add_directives(&mut robots, "index, follow, max-snippet:-1");
        assert_eq!(robots, Robots::default());
        add_directives(&mut robots, "none noarchive");
        assert_eq!(robots, Robots { nofollow: true, noindex: true, noarchive: true });
    }

    #[test]
    fn directives_for_a_named_robot_do_not_count() {
        assert!(header("nofollow").nofollow);
        assert!(header("*: nofollow").nofollow);
        assert!(!header("googlebot: nofollow").nofollow);
        assert!(!header("googlebot: noindex, nofollow").nofollow);
        assert!(header("noindex, otherbot: nofollow").noindex);
        assert!(header("unavailable_after: 25 Jun 2010 15:00:00 PST, nofollow").nofollow);
        assert!(header("max-snippet: 20, nofollow").nofollow);
    }
}
