//! The fields of a row that can be filtered and sorted, and their types.
//!
//! One table, in the order of the row: parsers, evaluators and lists of what is offered read it.

/// What a field holds. Every field can be null.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FieldType {
    /// True or false.
    Bool,
    /// A whole number.
    Number,
    /// Text.
    Text,
    /// A point in time.
    Time,
    /// A list of texts.
    TextList,
}

/// Declares the fields: variant, name in questions, type.
macro_rules! fields {
    ($($variant:ident, $name:literal, $type:ident;)+) => {
        /// A field of a row.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[expect(missing_docs, reason = "the names are those of the rows, which `Backlink` explains")]
        pub enum Field { $($variant,)+ }

        impl Field {
            /// Every field, in the order of the row.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The name by which questions call it.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// What it holds.
            pub const fn field_type(self) -> FieldType {
                match self { $(Self::$variant => FieldType::$type,)+ }
            }
        }
    };
}

fields! {
    DomainFrom, "domain_from", Text;
    UrlFrom, "url_from", Text;
    UrlFromHttps, "url_from_https", Bool;
    DomainTo, "domain_to", Text;
    UrlTo, "url_to", Text;
    UrlToHttps, "url_to_https", Bool;
    TldFrom, "tld_from", Text;
    IsNew, "is_new", Bool;
    IsLost, "is_lost", Bool;
    BacklinkSpamScore, "backlink_spam_score", Number;
    Rank, "rank", Number;
    PageFromRank, "page_from_rank", Number;
    DomainFromRank, "domain_from_rank", Number;
    DomainFromPlatformType, "domain_from_platform_type", TextList;
    DomainFromIsIp, "domain_from_is_ip", Bool;
    DomainFromIp, "domain_from_ip", Text;
    DomainFromCountry, "domain_from_country", Text;
    PageFromExternalLinks, "page_from_external_links", Number;
    PageFromInternalLinks, "page_from_internal_links", Number;
    PageFromSize, "page_from_size", Number;
    PageFromEncoding, "page_from_encoding", Text;
    PageFromLanguage, "page_from_language", Text;
    PageFromTitle, "page_from_title", Text;
    PageFromStatusCode, "page_from_status_code", Number;
    FirstSeen, "first_seen", Time;
    PrevSeen, "prev_seen", Time;
    LastSeen, "last_seen", Time;
    ItemType, "item_type", Text;
    Attributes, "attributes", TextList;
    Dofollow, "dofollow", Bool;
    Original, "original", Bool;
    Alt, "alt", Text;
    ImageUrl, "image_url", Text;
    Anchor, "anchor", Text;
    TextPre, "text_pre", Text;
    TextPost, "text_post", Text;
    SemanticLocation, "semantic_location", Text;
    LinksCount, "links_count", Number;
    GroupCount, "group_count", Number;
    IsBroken, "is_broken", Bool;
    UrlToStatusCode, "url_to_status_code", Number;
    UrlToSpamScore, "url_to_spam_score", Number;
    UrlToRedirectTarget, "url_to_redirect_target", Text;
    KeywordsCountTop3, "ranked_keywords_info.page_from_keywords_count_top_3", Number;
    KeywordsCountTop10, "ranked_keywords_info.page_from_keywords_count_top_10", Number;
    KeywordsCountTop100, "ranked_keywords_info.page_from_keywords_count_top_100", Number;
    IsIndirectLink, "is_indirect_link", Bool;
    LostDate, "lost_date", Time;
    NewReason, "new_reason", Text;
    LostReason, "lost_reason", Text;
}

impl Field {
    /// The field of a name, in exactly this case.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|field| field.name() == name)
    }

    /// Whether rows can be sorted by it: by everything but lists.
    pub const fn is_sortable(self) -> bool {
        !matches!(self.field_type(), FieldType::TextList)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_leads_back_to_its_field() {
        for field in Field::ALL {
            assert_eq!(Field::parse(field.name()), Some(*field));
        }
        assert_eq!(Field::parse("Rank"), None);
        assert_eq!(Field::ALL.len(), 50);
    }
}
