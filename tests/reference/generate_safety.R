# Reference results for safety.py and subgroup_anchors.py: counts of harm as in data/events.csv with Newcombe's
# interval (from Wilson limits of prop.test), the exact odds ratio from its definition, Clopper-Pearson limits
# (binom.test), and the difference of two published pools (metafor rma, common effect with a moderator).
# Run from the repository root: Rscript tests/reference/generate_safety.R
suppressMessages({
  library(metafor)
  library(jsonlite)
})

newcombe <- function(a, n1, c, n2) {
  wilson <- function(x, n) suppressWarnings(prop.test(x, n, correct = FALSE)$conf.int[1:2])
  p <- c(a / n1, c / n2)
  one <- wilson(a, n1)
  two <- wilson(c, n2)
  d <- p[1] - p[2]
  c(d, d - sqrt((p[1] - one[1])^2 + (two[2] - p[2])^2), d + sqrt((one[2] - p[1])^2 + (p[2] - two[1])^2))
}

exact_or <- function(a, n1, c, n2) {
  x <- max(0, a + c - n2):min(n1, a + c)
  prob <- function(theta) {
    w <- dhyper(x, n1, n2, a + c, log = TRUE) + theta * x
    w <- exp(w - max(w))
    w / sum(w)
  }
  root <- function(f) uniroot(f, c(-60, 60), tol = 1e-13)$root
  mle <- if (a == min(x)) -Inf else if (a == max(x)) Inf else root(function(t) sum(prob(t) * x) - a)
  low <- if (a == min(x)) -Inf else root(function(t) sum(prob(t)[x >= a]) - 0.025)
  high <- if (a == max(x)) Inf else root(function(t) sum(prob(t)[x <= a]) - 0.025)
  exp(c(mle, low, high))
}

tables <- list(
  c(77, 227, 13, 225), c(87, 227, 31, 225), c(46, 227, 46, 225), c(5, 15, 13, 15), c(8, 15, 0, 15), c(0, 22, 4, 19),
  c(14, 55, 19, 55), c(11, 346, 1, 222), c(35, 152, 0, 145)
)
counts <- lapply(tables, function(t) {
  list(table = t, rd = do.call(newcombe, as.list(t)), odds_ratio = as.character(signif(do.call(exact_or, as.list(t)), 12)))
})
single <- lapply(list(c(17, 138), c(76, 802), c(2, 802), c(6, 22)), function(t) {
  list(events = t[1], n = t[2], limits = binom.test(t[1], t[2])$conf.int[1:2])
})
none <- lapply(c(15, 22, 117), function(n) {
  list(n = n, upper = binom.test(0, n, alternative = "less")$conf.int[2])
})
z95 <- 2 * qnorm(0.975)
fit <- rma(c(-0.44, -0.24), sei = c((-0.03 + 0.85) / z95, (0.30 + 0.78) / z95), mods = ~ c(1, 0), method = "FE")
anchors <- list(
  passive = c(-0.44, -0.85, -0.03), active = c(-0.24, -0.78, 0.30),
  estimate = fit$b[2], ci_low = fit$ci.lb[2], ci_high = fit$ci.ub[2], z = fit$zval[2], p = fit$pval[2]
)
meta <- list(R = R.version.string, metafor = as.character(packageVersion("metafor")))
out <- list(meta = meta, counts = counts, single = single, none = none, anchors = anchors)
writeLines(toJSON(out, digits = I(15), auto_unbox = TRUE), "tests/reference/safety.json")
