# Reference values for escalc.py and its neighbours (paired, two_by_two, conversions, arms, quantiles, dichotomous,
# absolute_risk): metafor where it has the measure, base R otherwise.
# Run from the repository root: Rscript tests/reference/generate_escalc.R
suppressMessages({
  library(metafor)
  library(jsonlite)
})

# Inputs ---------------------------------------------------------------------------------------------------------

two_arms <- list(
  small = list(m1i = c(28.4, 30.1, 60.2, 24), sd1i = c(11, 8.9, 18.8, 6.4), n1i = c(12, 25, 40, 9),
               m2i = c(41.2, 38, 76.5, 25), sd2i = c(9.1, 7.7, 15.3, 6), n2i = c(15, 22, 38, 11)),
  extreme = list(m1i = c(1, 50, 10, 30.5), sd1i = c(0.1, 20, 5, 12.25), n1i = c(2, 2, 1500, 25.5),
                 m2i = c(1.5, 20, 10, 22), sd2i = c(0.2, 10, 5.5, 14.5), n2i = c(2, 200, 3, 50))
)
set.seed(20)
two_arms$random <- list(
  m1i = round(runif(30, 5, 70), 1), sd1i = round(runif(30, 3, 25), 1), n1i = sample(3:90, 30),
  m2i = round(runif(30, 5, 70), 1), sd2i = round(runif(30, 3, 25), 1), n2i = sample(3:90, 30))

two_times <- list(
  small = list(m1i = c(28.4, 30.1, 60.2, 24), sd1i = c(11, 8.9, 18.8, 6.4),
               m2i = c(41.2, 38, 76.5, 25), sd2i = c(9.1, 7.7, 15.3, 6),
               ni = c(12, 25, 40, 9), ri = c(0.35, 0.5, 0.7, 0.2)),
  extreme = list(m1i = c(20, 30, 40), sd1i = c(5, 9, 0.5), m2i = c(40, 30, 80), sd2i = c(15, 9, 30),
                 ni = c(3, 4, 900), ri = c(-0.9, 0.99, 0))
)
two_times$random <- list(
  m1i = round(runif(20, 5, 70), 1), sd1i = round(runif(20, 3, 25), 1),
  m2i = round(runif(20, 5, 70), 1), sd2i = round(runif(20, 3, 25), 1),
  ni = sample(3:90, 20), ri = round(runif(20, -0.5, 0.95), 2))

tables <- list(
  no_zero = list(ai = c(4, 11, 30), n1i = c(20, 20, 55), ci = c(2, 6, 41), n2i = c(21, 21, 53)),
  zeros = list(ai = c(4, 11, 0, 30), n1i = c(20, 20, 12, 55), ci = c(2, 6, 3, 41), n2i = c(21, 21, 13, 53)),
  every_kind = list(ai = c(0, 3, 0, 12, 12, 10, 5), n1i = c(12, 10, 9, 12, 12, 10, 5),
                    ci = c(3, 4, 0, 14, 12, 0, 0), n2i = c(13, 11, 8, 14, 14, 8, 7))
)

# Effect sizes ---------------------------------------------------------------------------------------------------

sets <- list()
record <- function(measure, name, input, options = list(), pass = input) {
  es <- suppressWarnings(do.call(escalc, c(list(measure = measure), pass, options)))
  sets[[length(sets) + 1]] <<- list(measure = measure, name = name, input = input, options = options,
                                    yi = as.numeric(es$yi), vi = as.numeric(es$vi))
}
for (name in names(two_arms)) for (measure in c("SMD", "MD", "ROM")) record(measure, name, two_arms[[name]])
for (name in names(two_times)) {
  for (measure in c("SMCC", "MC")) record(measure, name, two_times[[name]])
  record("SMCR", name, two_times[[name]][c("m1i", "m2i", "sd1i", "ni", "ri")])
}
for (name in names(tables)) for (measure in c("OR", "RR", "RD")) {
  for (to in c("only0", "all", "if0all", "none")) for (drop00 in c(FALSE, TRUE)) {
    record(measure, name, tables[[name]], list(to = to, drop00 = drop00, add = 0.5))
  }
  record(measure, name, tables[[name]], list(to = "only0", drop00 = FALSE, add = 0.25))
}
t_input <- list(ti = c(2, -0.31, 4.5, 0, -2.56), n1i = c(10, 75, 20, 8, 3), n2i = c(12, 80, 21, 9, 30))
record("SMD", "from_t", t_input)
p_input <- list(p = c(0.02, -0.5, 1e-10, 1, -0.049), n1i = t_input$n1i, n2i = t_input$n2i)
p_t <- sign(p_input$p) * qt(abs(p_input$p) / 2, p_input$n1i + p_input$n2i - 2, lower.tail = FALSE)
record("SMD", "from_p", p_input, pass = list(ti = p_t, n1i = p_input$n1i, n2i = p_input$n2i))
md_input <- list(md = c(-6, 12.7, 0.5), se = c(3, 5, 2.25), n1i = c(20, 15, 40), n2i = c(25, 14, 38))
record("SMD", "from_md_se", md_input, pass = list(ti = md_input$md / md_input$se, n1i = md_input$n1i,
                                                  n2i = md_input$n2i))
width <- qt(0.95, md_input$n1i + md_input$n2i - 2) * md_input$se
ci_input <- list(md = md_input$md, ci_low = md_input$md - width, ci_high = md_input$md + width, level = 0.9,
                 n1i = md_input$n1i, n2i = md_input$n2i)
record("SMD", "from_md_ci", ci_input, pass = list(ti = md_input$md / md_input$se, n1i = md_input$n1i,
                                                  n2i = md_input$n2i))
# A crossover trial is one group measured twice with the same SD (Becker 1988): SMCR with sd1i = sd2i.
md <- c(-12.7, 3, -20, 0); sd <- c(20, 9, 14, 6); n <- c(29, 41, 3, 12); r <- c(0.5, 0.3, 0.7, -0.2)
crossover <- list(t = md / sqrt(2 * (1 - r)) / sd * sqrt(n), n = n, r = r)
record("SMCR", "crossover", crossover, pass = list(m1i = md, m2i = 0 * md, sd1i = sd, ni = n, ri = r))
d <- list(di = c(0.62, -0.1, 0.85), n1i = c(12, 20, 33), n2i = c(11, 24, 30))
one <- rep(1, length(d$di))
as_means <- list(m1i = d$di, m2i = 0 * d$di, sd1i = one, sd2i = one, n1i = d$n1i, n2i = d$n2i)
for (measure in c("D2ORL", "D2ORN")) record(measure, "from_d", d, pass = as_means)
for (measure in c("OR2DL", "OR2DN")) record(measure, "no_zero", tables$no_zero)

# Pooled 2x2 tables ----------------------------------------------------------------------------------------------

exact <- function(x, level = 0.95) {
  # The definition, written with R's hypergeometric density: distribution of the sum of arm-1 events given all
  # margins, added up product by product (convolve() goes through the FFT, which loses the tails); roots to 1e-14.
  # mantelhaen.test(exact = TRUE) has the same roots to about 1e-4.
  events <- x$ai + x$ci
  density <- 1; low <- 0
  for (i in seq_along(events)) {
    first <- max(0, events[i] - x$n2i[i])
    support <- first:min(events[i], x$n1i[i])
    trial <- dhyper(support, x$n1i[i], x$n2i[i], events[i])
    grown <- numeric(length(density) + length(trial) - 1)
    for (j in seq_along(trial)) {
      at <- j - 1 + seq_along(density)
      grown[at] <- grown[at] + density * trial[j]
    }
    density <- grown
    low <- low + first
  }
  sums <- low + seq_along(density) - 1
  seen <- sum(x$ai)
  p <- function(b) { w <- log(density) + sums * b; w <- exp(w - max(w)); w / sum(w) }
  solve <- function(f) uniroot(f, c(-9, 9), tol = 1e-14, maxiter = 5000)$root
  tail <- (1 - level) / 2
  inner <- seen > min(sums) && seen < max(sums)
  b <- if (inner) solve(function(b) sum(p(b) * sums) - seen) else if (seen == min(sums)) -Inf else Inf
  se <- if (inner) 1 / sqrt(sum(p(b) * (sums - seen)^2)) else NA
  ci_low <- if (seen == min(sums)) -Inf else solve(function(b) log(sum(p(b)[sums >= seen])) - log(tail))
  ci_high <- if (seen == max(sums)) Inf else solve(function(b) log(sum(p(b)[sums <= seen])) - log(tail))
  array3 <- array(rbind(x$ai, x$ci, x$n1i - x$ai, x$n2i - x$ci), c(2, 2, length(x$ai)))
  informative <- events > 0 & events < x$n1i + x$n2i
  test <- if (sum(informative) > 1) mantelhaen.test(array3[, , informative], exact = TRUE, conf.level = level)
          else fisher.test(array3[, , which(informative)], conf.level = level)
  list(estimate = b, se = se, ci_low = ci_low, ci_high = ci_high,
       r_test = log(c(test$estimate, test$conf.int[1], test$conf.int[2])))
}

data_of <- function(dat, ...) as.list(data.frame(...))
yusuf <- dat.yusuf1985[dat.yusuf1985$table == "6" & !is.na(dat.yusuf1985$ai), ]
niel <- dat.nielweise2007
pools <- list(
  zeros = tables$zeros, every_kind = tables$every_kind, no_zero = tables$no_zero,
  one_trial = list(ai = 4, n1i = 20, ci = 2, n2i = 21),
  rare = list(ai = c(0, 1, 0, 0, 2), n1i = c(20, 31, 12, 15, 40), ci = c(2, 1, 3, 0, 4), n2i = c(21, 30, 13, 15, 38)),
  none_active = list(ai = c(0, 0, 0), n1i = c(20, 20, 12), ci = c(2, 1, 3), n2i = c(21, 21, 13)),
  none_control = list(ai = c(3, 1), n1i = c(20, 20), ci = c(0, 0), n2i = c(21, 21)),
  nielweise2007 = list(ai = niel$ai, n1i = niel$n1i, ci = niel$ci, n2i = niel$n2i),
  yusuf1985_table6 = list(ai = yusuf$ai, n1i = yusuf$n1i, ci = yusuf$ci, n2i = yusuf$n2i),
  hine1989 = with(dat.hine1989, list(ai = ai, n1i = n1i, ci = ci, n2i = n2i))
)
summary_of <- function(fit) list(estimate = as.numeric(fit$beta), se = fit$se, ci_low = fit$ci.lb,
                                 ci_high = fit$ci.ub, q = fit$QE, q_p = fit$QEp, q_df = fit$k.yi - 1)
pooled <- list()
for (name in names(pools)) {
  x <- pools[[name]]
  one <- list(name = name, input = lapply(x, I), exact = exact(x), exact_90 = exact(x, 0.9))
  ratio <- sum(x$ai) > 0 && sum(x$ci) > 0
  one$peto <- summary_of(suppressWarnings(do.call(rma.peto, x)))
  one$mh_RD <- summary_of(suppressWarnings(do.call(rma.mh, c(list(measure = "RD"), x))))
  if (ratio) for (measure in c("OR", "RR")) {
    one[[paste0("mh_", measure)]] <- summary_of(suppressWarnings(do.call(rma.mh, c(list(measure = measure), x))))
    one[[paste0("mh_", measure, "_half")]] <- summary_of(suppressWarnings(do.call(rma.mh, c(
      list(measure = measure, add = c(1/2, 1/2), to = c("only0", "only0")), x))))
  }
  pooled[[length(pooled) + 1]] <- one
}

# Single formulas ------------------------------------------------------------------------------------------------

wilson <- function(x, n, level) prop.test(x, n, conf.level = level, correct = FALSE)$conf.int
newcombe <- function(a, n1, c, n2, level) {
  w1 <- wilson(a, n1, level); w2 <- wilson(c, n2, level); p1 <- a / n1; p2 <- c / n2
  c(p1 - p2 - sqrt((p1 - w1[1])^2 + (w2[2] - p2)^2), p1 - p2 + sqrt((w1[2] - p1)^2 + (p2 - w2[1])^2))
}
newcombe_cases <- list(list(56, 70, 48, 80, 0.95), list(9, 10, 3, 10, 0.95), list(0, 10, 0, 20, 0.95),
                       list(10, 10, 0, 20, 0.9), list(3, 15, 6, 15, 0.99))
quantile_n <- c(2, 5, 12, 40, 300)
five <- list(minimum = c(0, 2, 5, 5, 3), q1 = c(1, 4, 20, 20, 15), median = c(2, 6, 30, 30, 16),
             q3 = c(4, 10, 36, 36, 40), maximum = c(5, 14, 60, 60, 68), n = quantile_n)
# Luo et al. (2018) and Wan et al. (2014), one quantity a line.
range_of <- 2 * qnorm((five$n - 0.375) / (five$n + 0.25))
iqr_of <- 2 * qnorm((0.75 * five$n - 0.125) / (five$n + 0.25))
w_range <- 4 / (4 + five$n^0.75)
w_iqr <- 0.7 + 0.39 / five$n
w1 <- 2.2 / (2.2 + five$n^0.75); w2 <- 0.7 - 0.72 / five$n^0.55
mid <- (five$minimum + five$maximum) / 2; midhinge <- (five$q1 + five$q3) / 2
single <- list(
  t_from_p = list(p = c(0.008, 0.02, 1e-12, 0.999), df = c(45, 3, 12, 1.5)),
  se_from_ci_t = list(level = 0.99, df = c(1, 27, 400), se = c(0.5, 4.95, 2)),
  newcombe = lapply(newcombe_cases, function(x) list(input = unlist(x), ci = do.call(newcombe, x))),
  zero_events = list(n = c(1, 15, 30, 158, 5000),
                     upper_95 = sapply(c(1, 15, 30, 158, 5000), function(n)
                       binom.test(0, n, alternative = "less", conf.level = 0.95)$conf.int[2]),
                     upper_90 = sapply(c(1, 15, 30, 158, 5000), function(n)
                       binom.test(0, n, alternative = "less", conf.level = 0.90)$conf.int[2])),
  quantiles = list(input = five,
                   quartiles_mean = w_iqr * midhinge + (1 - w_iqr) * five$median,
                   quartiles_sd = (five$q3 - five$q1) / iqr_of,
                   range_mean = w_range * mid + (1 - w_range) * five$median,
                   range_sd = (five$maximum - five$minimum) / range_of,
                   five_mean = w1 * mid + w2 * midhinge + (1 - w1 - w2) * five$median,
                   five_sd = (five$maximum - five$minimum) / (2 * range_of) + (five$q3 - five$q1) / (2 * iqr_of))
)
single$t_from_p$t <- qt(single$t_from_p$p / 2, single$t_from_p$df, lower.tail = FALSE)
single$se_from_ci_t$half_width <- qt(0.995, single$se_from_ci_t$df) * single$se_from_ci_t$se

meta <- list(R = R.version.string, metafor = as.character(packageVersion("metafor")),
             metadat = as.character(packageVersion("metadat")), generated_by = "generate_escalc.R")
write(toJSON(list(meta = meta, escalc = sets, pooled = pooled, single = single), digits = NA, auto_unbox = TRUE,
             na = "string", pretty = FALSE), "tests/reference/escalc.json")
