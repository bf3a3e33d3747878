//! The links of a synthetic web as lines of JSON, for other engines to merge:
//! `synthetic_links LINKS STEP EVERY`.
//!
//! Every EVERY-th page of the web of LINKS links; a line has what a visit says of a link and its page.

#[path = "shared/web.rs"]
mod web;

use std::error::Error;
use std::io::{self, BufWriter, Write};

use serde_json::json;

fn main() -> Result<(), Box<dyn Error>> {
    let numbers: Vec<u64> = std::env::args().skip(1).map(|text| text.parse()).collect::<Result<_, _>>()?;
    let [links, step, every] = numbers[..] else { return Err("usage: synthetic_links LINKS STEP EVERY".into()) };
    let web = web::web(1, links, web::HOST_EXPONENT);
    let mut out = BufWriter::with_capacity(1 << 20, io::stdout().lock());
    for first in (0..web.pages()).step_by(every.max(1) as usize) {
        for visit in web.visits_in(step as u32, first..first + 1) {
            let page = &visit.page;
            for stored in &visit.links {
                let link = &stored.link;
                let line = json!({
                    "source": page.url.as_str(),
                    "target": link.url_to.as_str(),
                    "fetched_at": page.fetched_at.seconds(),
                    "status": page.status,
                    "count": stored.count,
                    "kind": format!("{:?}", link.kind),
                    "dofollow": link.dofollow,
                    "rel": link.rel.as_str(),
                    "anchor": link.anchor,
                    "alt": link.alt,
                    "image_url": link.image_url,
                    "text_pre": link.text_pre,
                    "text_post": link.text_post,
                    "location": link.location.map(|location| format!("{location:?}")),
                    "in_noscript": link.in_noscript,
                    "archive": visit.evidence.archive,
                    "offset": visit.evidence.offset,
                    "length": visit.evidence.length,
                    "digest": visit.evidence.digest.as_ref().map(|digest| &digest.0),
                });
                serde_json::to_writer(&mut out, &line)?;
                out.write_all(b"\n")?;
            }
        }
    }
    out.flush()?;
    Ok(())
}
