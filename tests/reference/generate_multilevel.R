# Reference results for multilevel.py and robust.py: metafor, clubSandwich and robumeta, converged as tightly
# as their optimisers allow. Run from the repository root: Rscript tests/reference/generate_multilevel.R
suppressMessages({
  library(metafor)
  library(clubSandwich)
  library(robumeta)
  library(jsonlite)
})

# metafor's default, nlminb, stops early; BFGS from where it ended, with the smallest tolerance that still
# reports convergence, goes on towards rounding.
tight <- function(fit, call) {
  for (reltol in c(1e-16, 1e-15, 1e-14, 1e-13, 1e-12)) {
    control <- list(optimizer = "BFGS", reltol = reltol, ndeps = rep(1e-4, 2), maxit = 20000,
                    sigma2.init = pmax(fit$sigma2, 1e-10))
    closer <- tryCatch(call(control), error = function(e) NULL)
    if (!is.null(closer) && logLik(closer) >= logLik(fit) - 1e-12) return(closer)
  }
  fit
}

fit_case <- function(name, dat, rho, mods = NULL, smooth = FALSE, test = "z", source) {
  dat$obs <- seq_len(nrow(dat))
  v <- if (smooth) ave(dat$vi, dat$study) else dat$vi
  V <- vcalc(v, cluster = study, obs = obs, rho = rho, data = dat)
  formula <- if (is.null(mods)) ~ 1 else as.formula(paste("~", paste(mods, collapse = " + ")))
  call <- function(control) {
    rma.mv(yi, V, mods = formula, random = ~ 1 | study/obs, data = dat, test = test, control = control)
  }
  fit <- tight(call(list()), call)
  robust <- coef_test(fit, vcov = "CR2", cluster = dat$study)
  interval <- conf_int(fit, vcov = "CR2", cluster = dat$study)
  list(
    name = name, source = source, rho = rho, smooth_vi = smooth, test = test,
    data = c(list(yi = dat$yi, vi = dat$vi, study = as.character(dat$study)), as.list(dat[mods])),
    moderators = if (is.null(mods)) list() else as.list(mods),
    estimate = c(fit$b), se = fit$se, ci_low = fit$ci.lb, ci_high = fit$ci.ub, t = c(fit$zval), p_value = fit$pval,
    sigma2_study = fit$sigma2[1], sigma2_effect = fit$sigma2[2], q = fit$QE, q_df = fit$k - fit$p, q_p = fit$QEp,
    log_likelihood = c(logLik(fit)), robust_se = robust$SE, robust_df = robust$df_Satt, robust_p = robust$p_Satt,
    robust_ci_low = interval$CI_L, robust_ci_high = interval$CI_U
  )
}

assink <- dat.assink2016
konst <- transform(dat.konstantopoulos2011, study = district)
knapp <- dat.knapp2017[, c("study", "yi", "vi", "difficulty")]
crede <- subset(escalc("ZCOR", ri = ri, ni = ni, data = dat.crede2010), criterion == "grade")
crede <- data.frame(study = crede$studyid, yi = c(crede$yi), vi = crede$vi)
mdma <- read.csv2("data/external/metapsy_ptsd_mdmactr/data.csv", check.names = FALSE, quote = "")
mdma <- subset(mdma, primary_instrument == 1 & !(post_crossover %in% 1) & outcome_type == "msd" &
                 !(multi_arm2 %in% c("75 mg", "100 mg")))
split <- mdma$study %in% c("Mithoefer 2018", "Ot'alora 2018")
mdma <- data.frame(study = ifelse(split, paste(mdma$study, mdma$multi_arm1), mdma$study), yi = mdma$.g,
                   vi = mdma$.g_se^2, n_dosing_sessions = mdma$n_dosing_sessions,
                   cumulative_dose_arm1 = mdma$cumulative_dose_arm1)
# Effects shrunk to one value, so that both variances end at zero.
quiet <- transform(assink[assink$study %in% 4:10, ], yi = 0.3 + 0.2 * yi)

cases <- list(
  fit_case("konstantopoulos_rho0", konst, 0, source = "metadat dat.konstantopoulos2011"),
  fit_case("konstantopoulos_year", konst, 0, mods = "year", source = "metadat dat.konstantopoulos2011"),
  fit_case("assink_rho0.6", assink, 0.6, source = "metadat dat.assink2016"),
  fit_case("assink_rho0.2", assink, 0.2, source = "metadat dat.assink2016"),
  fit_case("assink_rho0.9_smooth", assink, 0.9, smooth = TRUE, source = "metadat dat.assink2016"),
  fit_case("assink_two_moderators", assink, 0.6, mods = c("pubstatus", "year"), source = "metadat dat.assink2016"),
  fit_case("assink_moderator_t", assink, 0.6, mods = "year", test = "t", source = "metadat dat.assink2016"),
  fit_case("knapp_rho0", knapp, 0, source = "metadat dat.knapp2017"),
  fit_case("knapp_difficulty", knapp[!is.na(knapp$difficulty), ], 0.6, mods = "difficulty",
           source = "metadat dat.knapp2017, rows with a difficulty"),
  fit_case("crede_rho0", crede, 0, source = "metadat dat.crede2010, criterion grade, Fisher z"),
  fit_case("quiet_zero", quiet, 0.6, source = "metadat dat.assink2016, studies 4 to 10, yi -> 0.3 + 0.2 yi"),
  fit_case("mdma_che", mdma, 0.6, smooth = TRUE, test = "t", source = "metapsy ptsd-mdmactr"),
  fit_case("mdma_che_raw_vi", mdma, 0.6, test = "t", source = "metapsy ptsd-mdmactr"),
  fit_case("mdma_sessions", mdma, 0.6, mods = "n_dosing_sessions", smooth = TRUE, test = "t",
           source = "metapsy ptsd-mdmactr"),
  fit_case("mdma_dose", mdma, 0.6, mods = "cumulative_dose_arm1", smooth = TRUE, test = "t",
           source = "metapsy ptsd-mdmactr")
)

one_each <- function(name, dat, measure) {
  fit <- rma(yi, vi, data = dat, control = list(threshold = 1e-14 * max(var(dat$yi), 1e-6), maxiter = 20000))
  robust <- coef_test(fit, vcov = "CR2", cluster = seq_len(fit$k))
  interval <- conf_int(fit, vcov = "CR2", cluster = seq_len(fit$k))
  list(name = name, measure = measure, yi = c(dat$yi), vi = dat$vi, tau2 = fit$tau2, estimate = c(fit$b), se = fit$se,
       robust_se = robust$SE, robust_df = robust$df_Satt, robust_p = robust$p_Satt,
       robust_ci_low = interval$CI_L, robust_ci_high = interval$CI_U)
}
bcg <- escalc("RR", ai = tpos, bi = tneg, ci = cpos, di = cneg, data = dat.bcg)
normand <- escalc("MD", m1i = m1i, sd1i = sd1i, n1i = n1i, m2i = m2i, sd2i = sd2i, n2i = n2i, data = dat.normand1999)

correlated <- function(name, dat, mods = NULL) {
  formula <- as.formula(paste("yi ~", if (is.null(mods)) "1" else mods))
  fit <- robu(formula, data = dat, studynum = study, var.eff.size = vi, rho = 0.8, modelweights = "CORR", small = TRUE)
  table <- fit$reg_table
  list(name = name, data = c(list(yi = dat$yi, vi = dat$vi, study = dat$study), as.list(dat[mods])),
       moderators = if (is.null(mods)) list() else as.list(mods), tau2 = c(fit$mod_info$tau.sq),
       estimate = table$b.r, robust_se = table$SE, robust_df = table$dfs, robust_p = table$prob,
       robust_ci_low = table$CI.L, robust_ci_high = table$CI.U)
}

# A moderator that is the dummy of a study with one effect: its adjustment matrix is singular.
lone <- data.frame(study = c("a", "a", "b", "b", "c", "c", "d"), yi = c(-0.9, -0.7, -0.3, -0.2, -0.5, 0.1, 0.4),
                   vi = c(0.10, 0.12, 0.05, 0.06, 0.08, 0.09, 0.10), dummy = c(0, 0, 0, 0, 0, 0, 1))
lone_test <- coef_test(rma.mv(yi, vi, mods = ~ dummy, data = lone), vcov = "CR2", cluster = lone$study)

versions <- sapply(c("metafor", "metadat", "clubSandwich", "robumeta"), function(p) as.character(packageVersion(p)))
out <- list(
  meta = c(list(R = R.version.string), as.list(versions)),
  multilevel = cases,
  one_effect_each = list(one_each("bcg", bcg, "RR"), one_each("normand1999", normand, "MD")),
  robumeta = list(correlated("assink2016", assink), correlated("knapp2017", knapp),
                  correlated("assink2016_year", assink, "year")),
  lone_study = list(data = as.list(lone), estimate = lone_test$beta, robust_se = lone_test$SE,
                    robust_df = lone_test$df_Satt, robust_p = lone_test$p_Satt)
)
writeLines(toJSON(out, digits = I(17), auto_unbox = TRUE, na = "null"), "tests/reference/multilevel.json")
