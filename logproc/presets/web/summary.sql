-- title: Summary
-- where logged: mean_duration, max_duration, total_duration
SELECT count(*) AS requests, sum(bytes) AS bytes, approx_count_distinct(client) AS visitors,
       count_if(status >= 400 AND status < 500) AS client_errors, count_if(status >= 500) AS server_errors,
       avg(duration) AS mean_duration, sum(duration) AS total_duration, max(duration) AS max_duration,
       min(time) AS first_time, max(time) AS last_time
FROM web
HAVING count(*) > 0
