# Seconds of each benchmark job in metafor, as JSON. Argument: the data file that run.py writes.
suppressMessages({
  library(metafor)
  library(jsonlite)
})
data <- read_json(commandArgs(TRUE)[1], simplifyVector = TRUE)
seconds <- function(times, expr_fun) min(replicate(times, system.time(expr_fun())[["elapsed"]]))
job <- function(name) list(y = data[[name]][1, ], v = data[[name]][2, ])
single <- function(name, loops) {
  d <- job(name)
  seconds(3, function() for (i in seq_len(loops)) rma(d$y, d$v, method = "REML", test = "knha")) / loops
}
many <- list(y = data$many[1, , ], v = data$many[2, , ])
few <- seq_len(200)
gosh12 <- rma(job("gosh")$y, job("gosh")$v)
all100 <- rma(job("single_k100")$y, job("single_k100")$v, test = "knha")
fits <- function() for (i in few) try(rma(many$y[i, ], many$v[i, ], method = "REML", test = "knha"), silent = TRUE)
write_json(
  list(
    version = as.character(packageVersion("metafor")),
    single_k6 = single("single_k6", 100), single_k100 = single("single_k100", 50),
    many = seconds(1, fits) / length(few) * nrow(many$y),
    gosh = seconds(1, function() gosh(gosh12, progbar = FALSE)),
    leave_one_out = seconds(1, function() leave1out(all100))
  ),
  stdout(), auto_unbox = TRUE, digits = NA
)
