/// The colours of charts: one for each contender, told apart in the dark and by people who see few colours.
enum Palette {
  /// For light and dark backgrounds.
  private static let colours: [(light: String, dark: String)] = [
    ("#2563eb", "#60a5fa"), ("#ea7317", "#fb9a4b"), ("#0f9d77", "#34d399"), ("#9333ea", "#c084fc"),
    ("#c81e4a", "#fb7185"), ("#64748b", "#94a3b8"), ("#a16207", "#facc15"), ("#0e7490", "#22d3ee"),
  ]

  /// The variables that charts and the page use.
  static func variables(_ contenders: Int) -> String {
    func block(_ isDark: Bool) -> String {
      let surface =
        isDark
        ? "--page:#10141b;--card:#181e28;--text:#e6eaf0;--quiet:#98a2b3;--line:#2b3442;--track:#212936;"
        : "--page:#f6f7f9;--card:#ffffff;--text:#1b2330;--quiet:#5c6675;--line:#e3e7ed;--track:#eef1f5;"
      return surface
        + (0..<contenders).map { "--c\($0):\(isDark ? colour($0).dark : colour($0).light);" }.joined()
    }
    return ":root{color-scheme:light dark;\(block(false))}@media(prefers-color-scheme:dark){:root{\(block(true))}}"
  }

  private static func colour(_ index: Int) -> (light: String, dark: String) { colours[index % colours.count] }
}

extension String {
  /// The text as it is written in HTML and SVG.
  var escaped: String {
    replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;").replacing(
      "\"", with: "&quot;")
  }
}
