//! What a link says, and what stands around it.

use crate::links;

fn texts(html: &str) -> Vec<(String, String, String)> {
    let own = |text: Option<String>| text.unwrap_or_default();
    links(html).into_iter().map(|link| (own(link.text_pre), own(link.anchor), own(link.text_post))).collect()
}

fn text(html: &str) -> (String, String, String) {
    texts(html).swap_remove(0)
}

fn three(before: &str, anchor: &str, after: &str) -> (String, String, String) {
    (before.to_owned(), anchor.to_owned(), after.to_owned())
}

#[test]
fn text_is_what_a_reader_sees() {
    let html = "<p>We&nbsp;follow\n <b>all</b> <a href=x>the <i>gu</i>ide<script>no()</script><!-- no --> &lt;3\
                <style>.no{}</style></a>, for <span>set</span>up. <select><option>no</select> End</p><p>next</p>";
    assert_eq!(text(html), three("We follow all", "the guide <3", ", for setup. End"));
}

#[test]
fn blocks_bound_the_text_around_a_link() {
    for html in [
        "<div>other<p>a <a href=x>b</a> c<p>other",
        "<ul><li>other<li>a <a href=x>b</a> c<li>other</ul>",
        "<table><tr><td>other<td>a <a href=x>b</a> c<td>other</table>",
        "<h1>other</h1>a <a href=x>b</a> c<hr>other",
        "other<br><br>a <a href=x>b</a> c<br> <br/>other",
        "<dl><dt>other<dd>a <a href=x>b</a> c<dt>other</dl>",
    ] {
        assert_eq!(text(html), three("a", "b", "c"), "{html}");
    }
}

#[test]
fn one_line_break_is_a_space() {
    assert_eq!(text("one<br>two <a href=x>b</a><br>three"), three("one two", "b", "three"));
}

#[test]
fn a_link_around_blocks_is_one_link_with_all_their_text() {
    assert_eq!(text("<a href=x><h3>Title</h3><p>Teaser</p></a> more"), three("", "Title Teaser", "more"));
    // The paragraph ends at the heading, and the link goes on inside it.
    assert_eq!(text("<p>pre <a href=x><h3>Title</h3></a>post"), three("pre", "Title", "post"));
    assert_eq!(text("<div><a href=x>one</div><div>two</a> three</div>"), three("", "one two", "three"));
}

#[test]
fn a_link_ends_where_the_next_one_or_its_cell_ends() {
    assert_eq!(
        texts("<a href=1>one <a href=2>two</a> three"),
        [three("", "one", "two three"), three("", "two", "three")]
    );
    assert_eq!(texts("<table><tr><td><a href=1>one<td>two</table>three"), [three("", "one", "")]);
    assert_eq!(texts("<b><a href=1>one</b> two</a> three"), [three("", "one two", "three")]);
    assert_eq!(texts("<a href=1>one"), [three("", "one", "")]);
}

#[test]
fn long_text_is_cut_at_a_sentence() {
    let sentence = "This sentence has about as many letters as sentences usually have.";
    let all = [sentence; 6].join(" ");
    let (before, _, after) = text(&format!("<p>{all} <a href=x>link</a> {all}</p>"));
    assert_eq!((before, after), ([sentence; 2].join(" "), [sentence; 2].join(" ")));
}

#[test]
fn hidden_text_of_forms_and_frames_is_no_context() {
    let html = "<p>a <textarea>no</textarea><iframe>no</iframe><svg><title>no</title></svg><a href=x>b</a></p>";
    assert_eq!(text(html), three("a", "b", ""));
}

#[test]
fn neighbours_in_a_list_of_links_are_no_context() {
    let menu = "<div><a href=1>Home</a> | <a href=2>News</a> · <a href=3>About us</a> (12)</div>";
    assert_eq!(texts(menu), [three("", "Home", ""), three("", "News", ""), three("", "About us", "")]);
    let sentence = "<p><a href=1>Ann</a> and <a href=2>Ben</a> wrote it</p>";
    assert_eq!(texts(sentence), [three("", "Ann", "and Ben wrote it"), three("Ann and", "Ben", "wrote it")]);
}

#[test]
fn context_is_cut_at_sentences_of_any_script() {
    for (sentence, gap) in [
        (
            "これは、ほかの文章と同じくらいの長さがあり、四十文字より長くなるように書かれた、この試験のための文章である。",
            "",
        ),
        ("यह वाक्य उतना ही लंबा है जितने वाक्य आम तौर पर इस परीक्षण में होते हैं।", " "),
        ("هل هذه الجملة طويلة بقدر ما تكون الجمل عادة في هذا الاختبار الصغير؟", " "),
        ("Это предложение примерно такой же длины, как и другие предложения здесь.", " "),
    ] {
        let all = [sentence; 6].join(gap);
        let (before, _, after) = text(&format!("<p>{all} <a href=x>link</a> {all}</p>"));
        for part in [before, after] {
            assert!(part.starts_with(sentence) && part.ends_with(sentence), "{part}");
        }
    }
}

#[test]
fn the_alt_of_an_image_is_not_its_anchor() {
    let link = links("<p>See <a href=x><img src=y alt=cat></a> there").swap_remove(0);
    assert_eq!((link.anchor.as_deref(), link.alt.as_deref()), (None, Some("cat")));
    assert_eq!((link.text_pre.as_deref(), link.text_post.as_deref()), (Some("See"), Some("there")));
}

#[test]
fn a_line_break_counts_from_the_last_text_even_if_no_link_stands_in_its_block() {
    for text in ["b", "&lt;"] {
        let links = links(&format!("<p>a<br></p><p>{text}</p><p><a href=/1><img alt=x></a><br>after</p>"));
        assert_eq!(links[0].text_post.as_deref(), Some("after"), "{text}");
    }
}
