"""How the page for people looks. It goes along with each page, so it is as short as it can be."""

STYLE = """\
:root{color-scheme:light dark;--page:#f6f6f4;--card:#fff;--text:#1d1f21;--dim:#5f646b;--line:#dfdfda;--good:#1b7335;\
--bad:#b3211a;--badly:#fdecea;--link:#1f5ea8}
@media(prefers-color-scheme:dark){:root{--page:#141618;--card:#1d2023;--text:#e8e8e5;--dim:#9ba1a8;--line:#33383d;\
--good:#6cc58a;--bad:#ff9389;--badly:#3b1d1c;--link:#8fbdf5}}
*{box-sizing:border-box}
body{font:15px/1.5 system-ui,sans-serif;color:var(--text);background:var(--page);max-width:64rem;margin:0 auto;\
padding:1rem;overflow-wrap:anywhere}
a{color:var(--link)}
small,th,.sum>p+p,.sum>ul+p{color:var(--dim);font-size:.85rem;font-weight:400}
h1,h2,ul,dl,dd,p{margin:0;padding:0}
h1{font-size:1.25rem}
h2{font-size:1.05rem;margin-top:1.75rem}
nav a{margin-right:.9rem;font-size:.85rem}
header,.s li>p:first-child{display:flex;flex-wrap:wrap;justify-content:space-between;align-items:baseline;gap:0 1rem}
ul{list-style:none}
.sum{margin-top:1rem;padding:.75rem 1rem;border-radius:.5rem;background:var(--card);border:1px solid var(--line);\
border-left:.35rem solid var(--good)}
.sum>p:first-child{font-weight:600}
.sum>ul+p,.t+p{margin-top:.6rem}
.sum.bad{background:var(--badly);border-color:var(--bad)}
.sum li{margin-top:.6rem}
.bad,.bad b{color:var(--bad)}
.sum.bad,.s li.bad{color:var(--text)}
.s dl+p{margin-top:.25rem}
.sum li>small,.s p:first-child>small{white-space:nowrap}
.s{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(17rem,100%),1fr));gap:.6rem;margin-top:.6rem}
.s li{padding:.6rem .8rem;border-radius:.5rem;background:var(--card);border:1px solid var(--line)}
.s li.bad{border-color:var(--bad)}
.s dl{display:flex;flex-wrap:wrap;gap:.2rem 1.1rem;margin-top:.25rem}
.s dl div{display:flex;flex-direction:column-reverse}
dd{font-size:1.15rem;font-variant-numeric:tabular-nums}
dt{color:var(--dim);font-size:.8rem}
.t{columns:17rem auto;column-gap:2rem;margin-top:.6rem}
table{width:100%;border-collapse:collapse}
td,th{padding:.1rem 0;text-align:left;border-bottom:1px solid var(--line)}
td+td,th+th{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap;padding-left:.6rem}
"""
