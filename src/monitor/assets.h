// SPDX-License-Identifier: Apache-2.0
// The files of assets/monitor, embedded by scripts/embed-assets. Private to the monitor.
#ifndef OUTRIDER_MONITOR_ASSETS_H
#define OUTRIDER_MONITOR_ASSETS_H

extern const char asset_page_html[];
extern const char asset_style_css[];
extern const char asset_icon_svg[];

#endif
