-- title: Requests by hour
-- where logged: mean_duration, max_duration, total_duration
SELECT date_trunc('hour', time) AS hour, count(*) AS requests, sum(bytes) AS bytes,
       approx_count_distinct(client) AS visitors, avg(duration) AS mean_duration, sum(duration) AS total_duration,
       max(duration) AS max_duration, count_if(status >= 400 AND status < 500) AS client_errors,
       count_if(status >= 500) AS server_errors
FROM web
WHERE time IS NOT NULL
GROUP BY ALL ORDER BY hour
