# Reference results for pool.py and regression.py beyond metafor_dev.json: one study, two, equal effects, other
# levels, the ad hoc Hartung-Knapp correction, variances far apart, meta-regression, trim and fill with Q0.
# Run from the repository root: Rscript tests/reference/generate_pool.R
suppressMessages({
  library(metafor)
  library(jsonlite)
})

tight <- function(yi, threshold_scale = 1e-14) {
  scale <- max(if (length(yi) > 1) var(yi) else 1, 1e-6)
  list(threshold = threshold_scale * scale, tol = 1e-14 * scale, maxiter = 100000, tau2.max = 1e6 * scale)
}

bcg <- escalc(measure = "RR", ai = tpos, bi = tneg, ci = cpos, di = cneg, data = dat.bcg)
sets <- list(
  one = list(yi = 0.5, vi = 0.1),
  two = list(yi = c(0.1, 1.5), vi = c(0.1, 0.2)),
  equal_effects = list(yi = c(0.1, 0.1, 0.1), vi = c(0.1, 0.2, 0.1)),
  far_apart = list(yi = c(0.3, -0.2, 1.1, 0.6), vi = c(1e-4, 0.5, 2, 1e-3)),
  bcg = list(yi = c(bcg$yi), vi = bcg$vi)
)

fit_set <- function(name, method, test, level) {
  yi <- sets[[name]]$yi
  vi <- sets[[name]]$vi
  fit <- suppressWarnings(rma(yi, vi, method = method, test = test, level = level, control = tight(yi)))
  pi <- predict(fit)
  riley <- suppressWarnings(predict(fit, pi.type = "riley"))
  random <- if (length(yi) > 1 && method != "FE") {
    suppressWarnings(confint(fit, control = list(tol = 1e-14)))$random["tau^2", ]
  } else c(NA, NA, NA)
  fe <- method == "FE"
  list(
    set = name, method = method, test = test, level = level / 100, yi = I(yi), vi = I(vi), k = fit$k,
    estimate = c(fit$b), se = fit$se, ci_low = fit$ci.lb, ci_high = fit$ci.ub, p_value = fit$pval, tau2 = fit$tau2,
    q = fit$QE, q_p = fit$QEp, i2 = fit$I2, h2 = fit$H2, tau2_ci_low = random[[2]], tau2_ci_high = random[[3]],
    pi_low = if (fe) NA else pi$pi.lb, pi_high = if (fe) NA else pi$pi.ub,
    hts_low = if (fe) NA else riley$pi.lb, hts_high = if (fe) NA else riley$pi.ub,
    weights = I(unname(weights(fit)))
  )
}

fits <- list()
for (name in names(sets)) for (method in c("FE", "DL", "HE", "REML", "PM")) for (test in c("z", "knha", "adhoc")) {
  fits[[length(fits) + 1]] <- fit_set(name, method, test, if (name == "bcg") 90 else 95)
}

regress <- function(name, yi, vi, X, method, test) {
  fit <- rma(yi, vi, mods = X, method = method, test = test, control = tight(yi))
  list(
    name = name, method = method, test = test, yi = c(yi), vi = c(vi), x = unname(as.matrix(X)),
    estimate = c(fit$b), se = fit$se, ci_low = fit$ci.lb, ci_high = fit$ci.ub, statistic = c(fit$zval),
    p_value = fit$pval, tau2 = fit$tau2, i2 = fit$I2, h2 = fit$H2, r2 = fit$R2, qe = fit$QE, qe_p = fit$QEp,
    qm = fit$QM, qm_p = fit$QMp
  )
}

regressions <- list()
normand <- escalc(measure = "SMD", m1i = m1i, sd1i = sd1i, n1i = n1i, m2i = m2i, sd2i = sd2i, n2i = n2i,
                  data = dat.normand1999)
for (method in c("FE", "DL", "HE", "HS", "SJ", "ML", "REML", "PM")) for (test in c("z", "knha", "adhoc")) {
  add <- function(...) regressions[[length(regressions) + 1]] <<- suppressWarnings(regress(..., method, test))
  add("bcg_latitude", bcg$yi, bcg$vi, cbind(latitude = bcg$ablat))
  add("bcg_latitude_year", bcg$yi, bcg$vi, cbind(bcg$ablat, bcg$year))
  add("normand_size", normand$yi, normand$vi, cbind(normand$n1i + normand$n2i))
}

trimfill_q0 <- list()
hackshaw <- list(yi = dat.hackshaw1998$yi, vi = dat.hackshaw1998$vi)
funnels <- list(bcg = sets$bcg, normand = list(yi = c(normand$yi), vi = normand$vi), hackshaw = hackshaw)
for (name in names(funnels)) for (method in c("FE", "DL", "REML")) {
  yi <- funnels[[name]]$yi
  vi <- funnels[[name]]$vi
  filled <- trimfill(rma(yi, vi, method = method, control = tight(yi)), estimator = "Q0", control = tight(yi))
  trimfill_q0[[length(trimfill_q0) + 1]] <- list(
    set = name, method = method, yi = yi, vi = vi, k0 = filled$k0, side = filled$side, estimate = c(filled$b),
    se = filled$se
  )
}

write_json(
  list(
    R = R.version.string, metafor = as.character(packageVersion("metafor")),
    metadat = as.character(packageVersion("metadat")), fits = fits, regressions = regressions,
    trimfill_q0 = trimfill_q0
  ),
  "tests/reference/pool.json", digits = NA, auto_unbox = TRUE, na = "null", null = "null", pretty = FALSE
)
