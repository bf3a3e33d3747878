//! The element names that the tree rules know, and sets of them.

/// Declares the names; each is one bit of a [`TagSet`].
macro_rules! tags {
    ($($variant:ident = $name:literal,)+) => {
        /// An element name; names without a rule of their own are [`Tag::Other`].
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(u8)]
        pub(crate) enum Tag { Other, $($variant,)+ }

        /// Every name that has a rule.
        const NAMES: &[(&[u8], Tag)] = &[$(($name, Tag::$variant),)+];
    };
}

tags! {
    A = b"a", Address = b"address", Applet = b"applet", Area = b"area", Article = b"article", Aside = b"aside",
    B = b"b", Base = b"base", Basefont = b"basefont", Bgsound = b"bgsound", Big = b"big",
    Blockquote = b"blockquote", Body = b"body", Br = b"br", Button = b"button", Caption = b"caption",
    Center = b"center", Code = b"code", Col = b"col", Colgroup = b"colgroup", Datalist = b"datalist", Dd = b"dd",
    Details = b"details", Dialog = b"dialog", Dir = b"dir", Div = b"div", Dl = b"dl", Dt = b"dt", Em = b"em",
    Embed = b"embed", Fieldset = b"fieldset", Figcaption = b"figcaption", Figure = b"figure", Font = b"font",
    Footer = b"footer", Form = b"form", Frame = b"frame", Frameset = b"frameset", H1 = b"h1", H2 = b"h2",
    H3 = b"h3", H4 = b"h4", H5 = b"h5", H6 = b"h6", Head = b"head", Header = b"header", Hgroup = b"hgroup",
    Hr = b"hr", Html = b"html", I = b"i", Iframe = b"iframe", Image = b"image", Img = b"img", Input = b"input",
    Keygen = b"keygen", Legend = b"legend", Li = b"li", Link = b"link", Listing = b"listing", Main = b"main",
    Mark = b"mark", Marquee = b"marquee", Math = b"math", Menu = b"menu", Meta = b"meta", Nav = b"nav",
    Nobr = b"nobr", Noembed = b"noembed", Noframes = b"noframes", Noscript = b"noscript", Object = b"object",
    Ol = b"ol", Optgroup = b"optgroup", Option = b"option", P = b"p", Param = b"param", Plaintext = b"plaintext",
    Pre = b"pre", Rb = b"rb", Rp = b"rp", Rt = b"rt", Rtc = b"rtc", Ruby = b"ruby", S = b"s", Script = b"script",
    Search = b"search", Section = b"section", Select = b"select", Small = b"small", Source = b"source",
    Span = b"span", Strike = b"strike", Strong = b"strong", Style = b"style", Sub = b"sub", Summary = b"summary",
    Sup = b"sup", Svg = b"svg", Table = b"table", Tbody = b"tbody", Td = b"td", Template = b"template",
    Textarea = b"textarea", Tfoot = b"tfoot", Th = b"th", Thead = b"thead", Time = b"time", Title = b"title",
    Tr = b"tr", Track = b"track", Tt = b"tt", U = b"u", Ul = b"ul", Var = b"var", Wbr = b"wbr", Xmp = b"xmp",
}

/// The first eight bytes of the name of an element in one number, in lower case.
const fn packed(name: &[u8]) -> u64 {
    let bytes = match name.first_chunk() {
        Some(chunk) => u64::from_le_bytes(*chunk),
        None => pack_short(name),
    };
    to_lower_case(bytes)
}

const fn pack_short(name: &[u8]) -> u64 {
    let (mut bytes, mut rest) = (0, name);
    while let [before @ .., byte] = rest {
        bytes = bytes << 8 | *byte as u64;
        rest = before;
    }
    bytes
}

/// All bytes at once: none carries into the next, since their high bits are left out.
const fn to_lower_case(bytes: u64) -> u64 {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    let low_bits = bytes & (ONES * 0x7f);
    let from_a = low_bits + ONES * (0x80 - b'A' as u64);
    let past_z = low_bits + ONES * (0x7f - b'Z' as u64);
    let is_upper = (from_a ^ past_z) & !bytes & (ONES << 7);
    bytes | is_upper >> 2
}

/// The place of a name in [`TABLE`], which no two names with a rule share: that is what the factor was drawn for.
const fn place(packed: u64) -> usize {
    (packed.wrapping_mul(0x4737_fed1_efb8_2825) >> (64 - TABLE_BITS)) as usize
}

const TABLE_BITS: u32 = 10;

/// A name with a rule.
#[derive(Clone, Copy)]
struct Entry {
    packed: u64,
    name: &'static [u8],
    tag: Tag,
}

/// Each name with a rule at its place.
static TABLE: [Entry; 1 << TABLE_BITS] = {
    let mut table = [Entry { packed: 0, name: b"", tag: Tag::Other }; 1 << TABLE_BITS];
    let mut rest = NAMES;
    while let [(name, tag), others @ ..] = rest {
        let packed = packed(name);
        let (_, [entry, ..]) = table.split_at_mut(place(packed)) else { panic!() };
        assert!(entry.name.is_empty(), "two names have one place: draw another factor");
        *entry = Entry { packed, name, tag: *tag };
        rest = others;
    }
    table
};

impl Tag {
    /// The tag whose name is the first `length` bytes of `text`.
    pub(crate) fn of(text: &[u8], length: usize) -> Self {
        let packed = match text.first_chunk() {
            // The bytes after the name are shifted out.
            Some(chunk) if (1..8).contains(&length) => {
                let shift = 64 - 8 * length;
                to_lower_case(u64::from_le_bytes(*chunk) << shift >> shift)
            }
            _ => packed(text.get(..length).unwrap_or_default()),
        };
        let Some(known) = TABLE.get(place(packed)) else { return Self::Other };
        let is_known = known.packed == packed && known.name.len() == length;
        if is_known && (length <= 8 || text.get(..length).is_some_and(|name| name.eq_ignore_ascii_case(known.name))) {
            return known.tag;
        }
        Self::Other
    }
}

/// What tells elements of different names apart: the tag, or of names without a rule a hash of them in any case.
pub(crate) fn name_id(tag: Tag, name: &[u8]) -> u32 {
    if tag != Tag::Other {
        return tag as u32;
    }
    // FNV-1a: names are short.
    name.iter().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte.to_ascii_lowercase())).wrapping_mul(0x0100_0193))
}

/// A set of tags: a bit for each number.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TagSet([u64; 2]);

impl TagSet {
    /// No tag.
    pub(crate) const EMPTY: Self = Self([0; 2]);

    const fn new(tags: &[Tag]) -> Self {
        let mut set = Self::EMPTY;
        let mut rest = tags;
        while let [first, others @ ..] = rest {
            set.set(*first, true);
            rest = others;
        }
        set
    }

    const fn with(self, other: Self) -> Self {
        let ([low, high], [other_low, other_high]) = (self.0, other.0);
        Self([low | other_low, high | other_high])
    }

    /// The set of one tag.
    pub(crate) const fn only(tag: Tag) -> Self {
        Self::new(&[tag])
    }

    /// Whether the sets share a tag.
    pub(crate) const fn meets(self, other: Self) -> bool {
        let ([low, high], [other_low, other_high]) = (self.0, other.0);
        low & other_low | high & other_high != 0
    }

    /// Adds or removes a tag.
    pub(crate) const fn set(&mut self, tag: Tag, is_in: bool) {
        let [low, high] = &mut self.0;
        let word = if (tag as u8) < 64 { low } else { high };
        let bit = 1 << (tag as u8 % 64);
        if is_in { *word |= bit } else { *word &= !bit }
    }

    /// Whether `tag` is in the set.
    pub(crate) const fn has(self, tag: Tag) -> bool {
        let [low, high] = self.0;
        let word = if (tag as u8) < 64 { low } else { high };
        word >> (tag as u8 % 64) & 1 == 1
    }
}

use Tag::{
    Address, Applet, Area, Article, Aside, B, Base, Basefont, Bgsound, Big, Blockquote, Body, Br, Button, Caption,
    Center, Code, Col, Colgroup, Dd, Details, Dialog, Dir, Div, Dl, Dt, Em, Embed, Fieldset, Figcaption, Figure, Font,
    Footer, Form, Frame, Frameset, H1, H2, H3, H4, H5, H6, Head, Header, Hgroup, Hr, Html, I, Iframe, Image, Img,
    Input, Keygen, Legend, Li, Link, Listing, Main, Marquee, Menu, Meta, Nav, Nobr, Noembed, Noframes, Noscript,
    Object, Ol, P, Param, Plaintext, Pre, Rb, Rp, Rt, Rtc, Ruby, S, Script, Search, Section, Select, Small, Source,
    Span, Strike, Strong, Style, Sub, Summary, Sup, Table, Tbody, Td, Template, Textarea, Tfoot, Th, Thead, Title, Tr,
    Track, Tt, U, Ul, Var, Wbr, Xmp,
};

/// Elements through which an unknown end tag does not reach.
pub(crate) const SPECIAL: TagSet = TagSet::new(&[
    Address, Applet, Area, Article, Aside, Base, Basefont, Bgsound, Blockquote, Body, Br, Button, Caption, Center, Col,
    Colgroup, Dd, Details, Dir, Div, Dl, Dt, Embed, Fieldset, Figcaption, Figure, Footer, Form, Frame, Frameset, H1,
    H2, H3, H4, H5, H6, Head, Header, Hgroup, Hr, Html, Iframe, Img, Input, Li, Link, Listing, Main, Marquee, Menu,
    Meta, Nav, Noembed, Noframes, Noscript, Object, Ol, P, Param, Plaintext, Pre, Script, Section, Select, Source,
    Style, Summary, Table, Tbody, Td, Template, Textarea, Tfoot, Th, Thead, Title, Tr, Track, Ul, Wbr, Xmp,
]);

/// Elements that hide those above them from an end tag.
pub(crate) const SCOPE: TagSet =
    TagSet::new(&[Applet, Caption, Html, Table, Td, Th, Marquee, Object, Select, Template]);
/// The same, for list items.
pub(crate) const LIST_SCOPE: TagSet = SCOPE.with(TagSet::new(&[Ol, Ul]));
/// The same, for paragraphs.
pub(crate) const BUTTON_SCOPE: TagSet = SCOPE.with(TagSet::new(&[Button]));
/// The same, for the parts of a table.
pub(crate) const TABLE_SCOPE: TagSet = TagSet::new(&[Html, Table, Template]);

/// Headings.
pub(crate) const HEADINGS: TagSet = TagSet::new(&[H1, H2, H3, H4, H5, H6]);

/// Blocks that end a paragraph and have an end tag of their own.
pub(crate) const CONTAINERS: TagSet = TagSet::new(&[
    Address, Article, Aside, Blockquote, Center, Details, Dialog, Dir, Div, Dl, Fieldset, Figcaption, Figure, Footer,
    Header, Hgroup, Listing, Main, Menu, Nav, Ol, Pre, Search, Section, Summary, Ul,
]);

/// Elements at whose borders a run of readable text ends.
pub(crate) const BLOCKS: TagSet = CONTAINERS.with(HEADINGS).with(TagSet::new(&[
    Body, Caption, Colgroup, Dd, Dt, Form, Hr, Html, Legend, Li, P, Plaintext, Table, Tbody, Td, Tfoot, Th, Thead, Tr,
    Xmp,
]));

/// Formatting elements other than `a`: their end tags reach through blocks.
pub(crate) const FORMATTING: TagSet = TagSet::new(&[B, Big, Code, Em, Font, I, Nobr, S, Small, Strike, Strong, Tt, U]);

/// Elements that begin a new list of active formatting elements.
pub(crate) const MARKERS: TagSet = TagSet::new(&[Applet, Caption, Marquee, Object, Td, Template, Th]);

/// Parts of a table that do not take text.
pub(crate) const TABLE_CONTEXT: TagSet = TagSet::new(&[Table, Tbody, Tfoot, Thead, Tr]);
/// Groups of rows.
pub(crate) const ROW_GROUPS: TagSet = TagSet::new(&[Tbody, Tfoot, Thead]);
/// Cells.
pub(crate) const CELLS: TagSet = TagSet::new(&[Td, Th]);

/// Start tags that leave SVG and MathML (`font` only with certain attributes).
pub(crate) const BREAKOUT: TagSet = TagSet::new(&[
    B, Big, Blockquote, Body, Br, Center, Code, Dd, Div, Dl, Dt, Em, Embed, H1, H2, H3, H4, H5, H6, Head, Hr, I, Img,
    Li, Listing, Menu, Meta, Nobr, Ol, P, Pre, Ruby, S, Small, Span, Strong, Strike, Sub, Sup, Table, Tt, U, Ul, Var,
]);

/// Start tags that do not end the head.
pub(crate) const HEAD: TagSet =
    TagSet::new(&[Base, Basefont, Bgsound, Head, Html, Link, Meta, Noframes, Noscript, Script, Style, Template, Title]);
/// Start tags that do not end a `noscript` in the head.
pub(crate) const HEAD_NOSCRIPT: TagSet =
    TagSet::new(&[Basefont, Bgsound, Head, Html, Link, Meta, Noframes, Noscript, Style]);

/// Elements without content.
pub(crate) const VOID: TagSet =
    TagSet::new(&[Area, Br, Col, Embed, Frame, Hr, Image, Img, Input, Keygen, Param, Source, Track, Wbr]);
/// Void elements that an open link is continued for.
pub(crate) const INLINE_VOID: TagSet = TagSet::new(&[Area, Br, Embed, Image, Img, Input, Keygen, Wbr]);

/// Ruby parts, which close each other.
pub(crate) const RUBY_PARTS: TagSet = TagSet::new(&[Rb, Rp, Rt, Rtc]);

/// Tags whose attributes are asked for, besides microdata, which any may have.
pub(crate) const WITH_ATTRIBUTES: TagSet =
    TagSet::new(&[Tag::A, Area, Base, Body, Font, Form, Html, Image, Img, Link, Meta, Script]);

/// List items.
pub(crate) const LIST_ITEM: TagSet = TagSet::only(Li);
/// Terms and their descriptions.
pub(crate) const TERMS: TagSet = TagSet::new(&[Dd, Dt]);

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str) -> Tag {
        Tag::of(name.as_bytes(), name.len())
    }

    #[test]
    fn names_are_known_in_any_case_and_no_others() {
        for (name, tag) in NAMES {
            let name = str::from_utf8(name).unwrap();
            assert_eq!((of(name), of(&name.to_uppercase())), (*tag, *tag), "{name}");
            for other in [format!("\0{name}"), format!("{name}-"), format!("x-{name:*>20}")] {
                assert_eq!(of(&other), Tag::Other, "{other}");
            }
        }
    }
}
