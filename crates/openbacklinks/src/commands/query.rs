//! `backlinks query`

use model::Target;
use query::{Backlink, BacklinksAnswer, BacklinksQuestion, Index, RankScale};
use serde_json::json;

use crate::args::Query;
use crate::terminal::{Advised, ExitStatus, print};

/// Decoded blocks kept while one question is answered.
const CACHE_BYTES: u64 = 64 << 20;

pub(super) fn run(arguments: &Query) -> anyhow::Result<ExitStatus> {
    let target = Target::parse(&arguments.target, true).map_err(|error| Advised {
        status: ExitStatus::Usage,
        message: error.to_string(),
        hint: "ask for a domain (example.org), a subdomain (blog.example.org) or a page (https://example.org/)",
    })?;
    let index = Index::open(&arguments.data.data, CACHE_BYTES)?;
    let mut question = BacklinksQuestion::new(target);
    question.limit = arguments.limit;
    question.offset = arguments.offset;
    let answer = index.backlinks(&question)?;
    if arguments.output.json {
        let items = serde_json::to_value(server::items(&answer.rows, RankScale::OneThousand))?;
        print(json!({ "target": arguments.target, "total_count": answer.total_count, "items": items }))?;
    } else {
        show(&arguments.target, &answer)?;
    }
    Ok(ExitStatus::Success)
}

fn show(target: &str, answer: &BacklinksAnswer) -> anyhow::Result<()> {
    print(format_args!("{target}: {} referring pages, {} shown", answer.total_count, answer.rows.len()))?;
    if answer.rows.is_empty() {
        return Ok(());
    }
    print(format_args!("{:>4} {:>4} {:<8} {:<10}  from → to", "rank", "page", "follow", "last seen"))?;
    for row in &answer.rows {
        show_row(row)?;
    }
    Ok(())
}

fn show_row(row: &Backlink) -> anyhow::Result<()> {
    let follow = if row.dofollow { "follow" } else { "nofollow" };
    let day = row.last_seen.to_string();
    print(format_args!(
        "{:>4} {:>4} {:<8} {:<10}  {}",
        row.rank.get(),
        row.page_from_rank.get(),
        follow,
        day.split(' ').next().unwrap_or_default(),
        plain(&row.url_from)
    ))?;
    let text = row.anchor.as_deref().or(row.alt.as_deref()).unwrap_or_default();
    print(format_args!("{:>31}→ {}  [{}] {}", "", plain(&row.url_to), row.item_type, plain(&clip(text))))
}

fn clip(text: &str) -> String {
    let mut clipped: String = text.chars().take(60).collect();
    if clipped.len() < text.len() {
        clipped.push('…');
    }
    clipped
}

/// Text of strangers without what could steer a terminal or turn text around.
fn plain(text: &str) -> String {
    let is_hostile = |letter: char| {
        letter.is_control()
            || matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|letter| if is_hostile(letter) { '\u{fffd}' } else { letter }).collect()
}
