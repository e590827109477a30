package phema.api;

import java.util.List;
import phema.sweep.RemoteTrials;

/** Lists the trials that a client gets, one at least. */
public record LoansView(List<LoanView> trials) {
    public static LoansView of(List<RemoteTrials.Loan> loans) {
        return new LoansView(loans.stream().map(LoanView::of).toList());
    }
}
