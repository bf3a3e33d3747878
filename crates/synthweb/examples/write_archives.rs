//! Writes a step of a synthetic web as WARC files: `write_archives DIR LINKS [STEP] [PARTS] [SEED]`.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

use synthweb::Web;

fn main() -> std::io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize, default: u64| arguments.get(at).and_then(|text| text.parse().ok()).unwrap_or(default);
    let Some(folder) = arguments.first().map(PathBuf::from) else {
        return Err(std::io::Error::other("usage: write_archives DIR LINKS [STEP] [PARTS] [SEED]"));
    };
    let (links, step, parts, seed) = (number(1, 100_000), number(2, 0) as u32, number(3, 8).max(1), number(4, 1));
    let web = Web::with_links(seed, links);
    std::fs::create_dir_all(&folder)?;
    for part in 0..parts {
        let pages = web.pages() * part / parts..web.pages() * (part + 1) / parts;
        let path = folder.join(format!("synthweb-{step}-{part:03}.warc.gz"));
        let mut file = BufWriter::new(File::create(path)?);
        web.write_warc(step, pages, &mut file)?;
        file.flush()?;
    }
    Ok(())
}
