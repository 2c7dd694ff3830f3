/// The report as one page that needs nothing else.
struct HTMLReport {
  private let report: Report

  init(_ report: Report) { self.report = report }

  private static let style = """
    *{box-sizing:border-box}body{margin:0;background:var(--page);color:var(--text);\
    font:15px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif}\
    main{max-width:1240px;margin:0 auto;padding:40px 24px 64px}h1{font-size:30px;line-height:1.2;margin:0 0 6px}\
    h2{font-size:19px;margin:40px 0 12px}.lead{color:var(--quiet);margin:0 0 24px;max-width:75ch}\
    .warning{border:1px solid #d97706;border-radius:8px;padding:10px 14px;margin:0 0 20px}\
    .facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(230px,1fr));gap:1px;background:var(--line);\
    border:1px solid var(--line);border-radius:10px;overflow:hidden;margin:0}\
    .facts div{background:var(--card);padding:10px 14px}dt{color:var(--quiet);font-size:12.5px}dd{margin:0}\
    .legend{display:flex;flex-wrap:wrap;gap:8px 22px;margin:22px 0 0;padding:0;list-style:none}\
    .legend i{display:inline-block;width:12px;height:12px;border-radius:3px;margin-right:8px}\
    .legend span{color:var(--quiet)}.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(540px,100%),1fr));\
    gap:18px}.card{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:18px 20px 14px}\
    .card h3{font-size:16px;margin:0}.card h3 small{font-weight:400;color:var(--quiet);margin-left:8px;font-size:12.5px}\
    .card svg+svg{margin-top:10px;border-top:1px solid var(--line);padding-top:8px}.card p{color:var(--quiet);font-size:13.5px;margin:2px 0 12px;min-height:2.9em}svg{display:block;width:100%;height:auto}\
    .scroll{overflow-x:auto;background:var(--card);border:1px solid var(--line);border-radius:12px}\
    table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}th,td{padding:9px 14px;text-align:right;\
    border-top:1px solid var(--line);vertical-align:top}thead th{border-top:0;color:var(--quiet);font-weight:500}\
    th:first-child{text-align:left;font-weight:500}td small,th small{display:block;color:var(--quiet);font-weight:400}\
    .best{font-weight:700}.none{color:var(--quiet);font-size:13px;text-align:left;max-width:24ch}
    """

  var document: String {
    """
    <!doctype html>
    <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">\
    <title>Runtimes compared</title><style>\(Palette.variables(report.contenders.count))\(Self.style)\(Chart.rules)\(Distribution.rules)</style>\
    </head><body><main>
    <h1>Runtimes compared</h1>
    <p class="lead">The same work on each runtime\(report.contenders.allSatisfy { $0.isMode } ? "" : " and server"). \
    The server ran in a process of its own, and so did the load; what the bars show was counted for \
    \(Quantity.text(report.machine.seconds)) s\(rounds).</p>
    \(warning)\(facts)\(legend)
    <h2>Results</h2><div class="cards">\(report.results.map(card).joined(separator: "\n"))</div>
    \(costs)
    <h2>All numbers</h2>\(table)
    </main></body></html>

    """
  }

  private var rounds: String {
    report.machine.rounds == 1
      ? "" : ", and is the median of \(report.machine.rounds) rounds in which the contenders took turns"
  }

  private var warning: String {
    var texts: [String] = report.absent.map { "\($0.name) is missing: \($0.reason)" }
    if report.machine.build == "debug" {
      texts.append("This is a debug build. Its numbers say that everything works, and nothing about speed.")
    }
    if report.machine.isQuick { texts.append("This was a quick run with fewer clients than the descriptions say.") }
    if report.machine.placement == "not pinned" {
      texts.append("Server and load were not kept on different cores, so each took time of the other.")
    }
    return texts.map { "<p class=\"warning\">\($0.escaped)</p>" }.joined()
  }

  private var facts: String {
    let machine = report.machine
    let facts = [
      ("Date", machine.date), ("Processor", machine.processor), ("Cores", "\(machine.cores)"),
      ("Placement", machine.placement), ("System", machine.system),
      ("Swift", "\(machine.swift), \(machine.build) build"),
      ("Revision of this package", machine.revision ?? "unknown"),
      ("Executors of the server", machine.executorsText), ("Load", machine.load),
      ("Each measurement", machine.duration),
    ]
    let items = facts.map { "<div><dt>\($0.0)</dt><dd>\($0.1.escaped)</dd></div>" }.joined()
    return "<dl class=\"facts\">\(items)</dl>"
  }

  private var legend: String {
    let items = report.contenders.enumerated().map { index, contender in
      "<li><i style=\"background:var(--c\(index))\"></i>\(contender.name.escaped) <span>\(contender.what.escaped)</span></li>"
    }
    return "<ul class=\"legend\">\(items.joined())</ul>"
  }

  private func card(_ row: Report.Row) -> String {
    """
    <section class="card"><h3>\(row.scenario.title.escaped)<small>\(row.scenario.unit.escaped), \
    \(row.scenario.isHigherBetter ? "more is better" : "less is better")</small></h3>\
    <p>\(row.scenario.summary.escaped)</p>\(Chart(report).bars(row))\(Distribution(row).lines)</section>
    """
  }

  /// What one of each costs the server, and how near that is to the floor.
  private var costs: String {
    guard !report.costs.isEmpty else { return "" }
    let head = report.contenders.map { "<th>\($0.name.escaped)</th>" }.joined()
    let rows = report.costs.map { row in
      let cells = row.cells.map { cell -> String in
        guard let processor = cell.processor else { return "<td>–</td>" }
        let share = row.share(ofFloorIn: cell).map { "<small>floor: \(Quantity.text($0)) of it</small>" } ?? ""
        return "<td>\(Quantity.text(processor))\(share)</td>"
      }
      return "<tr><th>\(row.scenario.title.escaped)</th>\(cells.joined())</tr>"
    }
    return """
      <h2>What one of each costs</h2><p class="lead">Processor time of the server in microseconds. It is known also where \
      the load was the limit, and there is no rate.</p><div class="scroll"><table><thead><tr><th></th>\(head)</tr></thead>\
      <tbody>\(rows.joined())</tbody></table></div>
      """
  }

  private var table: String {
    let head = report.contenders.map { "<th>\($0.name.escaped)</th>" }.joined()
    let rows = report.results.map { row in
      let cells = row.cells.map { cell -> String in
        guard let median = cell.median else {
          return "<td class=\"none\">\((cell.reason ?? "not measured").escaped)</td>"
        }
        let details = median.details.sorted { $0.key < $1.key }.map { Quantity.detail($0.key, $0.value) }
        let best = median.value == row.best ? " class=\"best\"" : ""
        return "<td\(best)>\(Quantity.text(median.value))<small>\(details.joined(separator: ", ").escaped)</small></td>"
      }
      return """
        <tr><th>\(row.scenario.title.escaped)<small>\(row.scenario.unit.escaped)</small></th>\(cells.joined())</tr>
        """
    }
    return """
      <div class="scroll"><table><thead><tr><th></th>\(head)</tr></thead><tbody>\(rows.joined())</tbody></table></div>
      """
  }
}
