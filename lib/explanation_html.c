/* Explanations as HTML. */
#include "duban/explanation_html.h"

#include <string.h>

const char explanation_css[] =
    ".explanation{font:15px/1.6 system-ui,\"Noto Sans CJK SC\",\"Microsoft YaHei\",sans-serif;"
    "color:#1b1f24;max-width:72rem;margin:0 auto;padding:1rem}\n"
    ".explanation h2{margin:0}\n"
    ".explanation h3{margin:2rem 0 .5rem;border-bottom:1px solid #c8ced6}\n"
    ".explanation header p{margin:0;color:#57606a}\n"
    ".explanation dl{display:grid;grid-template-columns:max-content 1fr;gap:.1rem 1rem;margin:0}\n"
    ".explanation dt{color:#57606a}\n"
    ".explanation dd{margin:0;grid-column:2}\n"
    ".explanation table{border-collapse:collapse;margin:1rem 0;width:100%}\n"
    ".explanation caption{text-align:left;font-weight:600;padding:.3rem 0}\n"
    ".explanation th,.explanation td{border:1px solid #d8dee4;padding:.2rem .5rem;"
    "text-align:left;vertical-align:top;font-weight:400}\n"
    ".explanation thead th{background:#f0f3f6;font-weight:600}\n"
    ".explanation .ledger .rest,.explanation .ledger .holiday{background:#f2f2f2;color:#57606a}\n"
    ".explanation .ledger .start{color:#57606a}\n"
    ".explanation .ledger .suspended{background:#e7eefb}\n"
    ".explanation .ledger .today{outline:2px solid #1f6feb}\n"
    ".explanation .ledger .due{font-weight:600;background:#fdecea}\n"
    ".explanation .ledger .due th,.explanation .ledger .due td{font-weight:600}\n"
    ".explanation .colour-yellow th{border-left:.4rem solid #e3b341}\n"
    ".explanation .colour-red th{border-left:.4rem solid #cf222e}\n"
    ".explanation .colour-orange th{border-left:.4rem solid #e36209}\n"
    ".explanation .colour-blue th{border-left:.4rem solid #1f6feb}\n"
    ".explanation .colour-purple th{border-left:.4rem solid #8250df}\n"
    ".explanation .colour-green th{border-left:.4rem solid #2da44e}\n"
    ".explanation .colour-grey th,.explanation .colour-own th{border-left:.4rem solid #8c959f}\n"
    ".explanation .taken-back{color:#57606a;text-decoration:line-through}\n"
    "@media print{.explanation{max-width:none;padding:0}.explanation tr{break-inside:avoid}}\n";

struct page {
    struct buf *out;
    bool in_section, in_list;
    size_t column_count;
};

/* --- texts --- */

/* Of control characters, which HTML doesn't know, a space is left. */
static void add_escaped(struct buf *out, const char *text)
{
    for (; *text; text++) {
        switch (*text) {
        case '&':
            buf_text(out, "&amp;");
            break;
        case '<':
            buf_text(out, "&lt;");
            break;
        case '>':
            buf_text(out, "&gt;");
            break;
        case '"':
            buf_text(out, "&quot;");
            break;
        case '\'':
            buf_text(out, "&#39;");
            break;
        default:
            buf_char(out, (unsigned char)*text < ' ' || *text == '\x7f' ? ' ' : *text);
            break;
        }
    }
}

static void add_element(struct buf *out, const char *name, const char *attributes, const char *text)
{
    buf_format(out, "<%s%s>", name, attributes);
    add_escaped(out, text);
    buf_format(out, "</%s>", name);
}

static void open_with_class(struct buf *out, const char *name, const char *class)
{
    buf_format(out, "<%s class=\"", name);
    add_escaped(out, class);
    buf_text(out, "\">");
}

/* --- the writer --- */

static void end_list(struct page *page)
{
    if (page->in_list)
        buf_text(page->out, "</dl>\n");
    page->in_list = false;
}

static void end_section(struct page *page)
{
    end_list(page);
    if (page->in_section)
        buf_text(page->out, "</section>\n");
    page->in_section = false;
}

static void on_title(void *context, const char *text, const char *subtitle)
{
    struct page *page = context;
    buf_text(page->out, "<header>");
    add_element(page->out, "h2", "", text);
    add_element(page->out, "p", "", subtitle);
    buf_text(page->out, "</header>\n");
}

static void on_section(void *context, const char *class, const char *text)
{
    struct page *page = context;
    end_section(page);
    open_with_class(page->out, "section", class);
    add_element(page->out, "h3", "", text);
    buf_char(page->out, '\n');
    page->in_section = true;
}

static void on_field(void *context, const char *label, const char *text)
{
    struct page *page = context;
    if (!page->in_list)
        buf_text(page->out, "<dl>\n");
    page->in_list = true;
    if (*label)
        add_element(page->out, "dt", "", label);
    add_element(page->out, "dd", "", text);
    buf_char(page->out, '\n');
}

static void on_table(void *context, const char *class, const char *caption, size_t column_count,
                     const char *const *columns)
{
    struct page *page = context;
    end_list(page);
    open_with_class(page->out, "table", class);
    add_element(page->out, "caption", "", caption);
    buf_text(page->out, "\n<thead><tr>");
    for (size_t i = 0; i < column_count; i++)
        add_element(page->out, "th", " scope=\"col\"", columns[i]);
    buf_text(page->out, "</tr></thead>\n<tbody>\n");
    page->column_count = column_count;
}

static void on_row(void *context, const char *class, const char *const *cells)
{
    struct page *page = context;
    open_with_class(page->out, "tr", class);
    for (size_t i = 0; i < page->column_count; i++) {
        bool is_heading = i == 0 && *cells[i];
        add_element(page->out, is_heading ? "th" : "td", is_heading ? " scope=\"row\"" : "",
                    cells[i]);
    }
    buf_text(page->out, "</tr>\n");
}

static void on_end_table(void *context)
{
    struct page *page = context;
    buf_text(page->out, "</tbody></table>\n");
}

static void on_end(void *context)
{
    end_section(context);
}

/* --- the article, the page --- */

void explanation_html(struct buf *out, const json_t *document, enum locale locale)
{
    static const struct explanation_writer writer = {
        .title = on_title,
        .section = on_section,
        .field = on_field,
        .table = on_table,
        .row = on_row,
        .end_table = on_end_table,
        .end = on_end,
    };
    struct page page = {.out = out};
    buf_format(out, "<article class=\"explanation\" lang=\"%s\">\n", locale_words[locale]);
    explanation_tell(document, locale, &writer, &page);
    buf_text(out, "</article>\n");
}

void explanation_html_page(struct buf *out, const json_t *document, enum locale locale)
{
    const char *case_no = json_string_value(json_object_get(document, "case_no"));
    buf_format(out,
               "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n"
               "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
               "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
               "style-src 'unsafe-inline'\">\n",
               locale_words[locale]);
    add_element(out, "title", "", case_no ? case_no : "");
    buf_text(out, "\n<style>\n");
    buf_text(out, explanation_css);
    buf_text(out, "</style>\n</head>\n<body>\n");
    explanation_html(out, document, locale);
    buf_text(out, "</body>\n</html>\n");
}
