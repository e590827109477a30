package phema.dashboard;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.toList;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.util.UriComponentsBuilder;
import phema.catalog.Catalog;
import phema.fleet.WorkState;
import phema.problem.Problem;
import phema.sweep.Measurements;
import phema.sweep.Sweep;
import phema.sweep.Sweeps;

/** Shows sweeps and runs beside each other. What the address names and is not there any more is said, and no error. */
@Controller
class CompareController {
    /** The most lines that can be told apart, and that a page has room for. */
    private static final int MOST = 24;

    private static final int OFFERED = 100;

    private final Sweeps sweeps;
    private final Measurements measurements;
    private final Catalog catalog;

    CompareController(Sweeps sweeps, Measurements measurements, Catalog catalog) {
        this.sweeps = sweeps;
        this.measurements = measurements;
        this.catalog = catalog;
    }

    /** A sweep that can be added. */
    record Offered(String id, String label) {}

    @GetMapping("/compare")
    String compare(
            @RequestParam(defaultValue = "") List<String> sweep,
            @RequestParam(defaultValue = "") List<String> run,
            @RequestParam(defaultValue = "") String metric,
            @RequestParam(defaultValue = "") String against,
            Model model) {
        List<String> ids = distinct(sweep);
        List<String> runs = distinct(run);
        List<String> gone = new ArrayList<>();
        List<Compared> asked = new ArrayList<>();
        Set<String> met = new LinkedHashSet<>();
        for (String id : ids) {
            Optional<Sweep> found = found(id);
            if (found.isEmpty()) gone.add("There is no sweep " + id + " any more.");
            else if (met.add(id) && asked.size() < MOST) asked.add(compared(found.get()));
        }
        for (String name : runs) {
            boolean there = catalog.runs().stream().anyMatch(each -> each.name().equals(name));
            List<Compared> of = ofRun(name, there, met, MOST - asked.size());
            if (!there) gone.add("There is no run " + name + " any more" + (of.isEmpty() ? "." : "; its sweeps are."));
            else if (of.isEmpty() && sweeps.count(Optional.of(name)) == 0)
                gone.add("The run " + name + " has no sweep, and no measurements.");
            asked.addAll(of);
        }
        if (asked.size() >= MOST) gone.add(MOST + " are shown at most; there may be more.");
        ComparePanel.Against axis = ComparePanel.Against.of(against);
        String address = UriComponentsBuilder.fromPath("/compare")
                .queryParam("sweep", ids)
                .queryParam("run", runs)
                .queryParam("metric", metric.isEmpty() ? List.of() : List.of(metric))
                .queryParam("against", axis.word())
                .encode()
                .build()
                .toUriString();
        model.addAttribute("compare", ComparePanel.of(asked, gone, metric, axis, address));
        model.addAttribute("ids", ids);
        model.addAttribute("runs", runs);
        model.addAttribute("offered", offered(met));
        return "dashboard/compare";
    }

    private static List<String> distinct(List<String> given) {
        return given.stream()
                .map(String::strip)
                .filter(each -> !each.isEmpty())
                .distinct()
                .toList();
    }

    private Optional<Sweep> found(String id) {
        try {
            return Optional.of(sweeps.sweep(id));
        } catch (Problem gone) {
            return Optional.empty();
        }
    }

    private Compared compared(Sweep sweep) {
        return Compared.of(sweep, sweeps.trials(sweep.id()), sweeps.fits(sweep.id()), catalog);
    }

    /** Its sweeps that have something to show, the newest first, and what was brought along for it. */
    private List<Compared> ofRun(String run, boolean there, Set<String> met, int room) {
        List<Compared> all = new ArrayList<>();
        for (Sweep sweep : sweeps.sweeps(Optional.of(run)))
            if (all.size() < room && sweep.count(WorkState.DONE) > 0 && met.add(sweep.id())) all.add(compared(sweep));
        if (!there) return all;
        measurements.marked(run).stream()
                .collect(groupingBy(
                        each -> List.of(
                                each.source(),
                                each.evaluator(),
                                each.version(),
                                each.point().family()),
                        LinkedHashMap::new,
                        toList()))
                .values()
                .stream()
                .limit(Math.max(0, room - all.size()))
                .map(of -> Compared.of(run, of, catalog))
                .forEach(all::add);
        return all;
    }

    private List<Offered> offered(Set<String> met) {
        return sweeps.sweeps(Optional.empty(), 0, OFFERED).stream()
                .filter(sweep -> !met.contains(sweep.id()))
                .map(SweepRow::of)
                .map(row -> new Offered(
                        row.id(),
                        row.metric() + " of " + row.run() + ", " + (row.name().isEmpty() ? row.id() : row.name()) + ", "
                                + row.createdShown()))
                .toList();
    }
}
