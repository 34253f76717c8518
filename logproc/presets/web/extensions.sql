-- title: File extensions
-- where logged: mean_duration, max_duration, total_duration
SELECT extension(path) AS extension, count(*) AS requests, sum(bytes) AS bytes,
       avg(duration) AS mean_duration, sum(duration) AS total_duration,
       max(duration) AS max_duration
FROM web
GROUP BY ALL ORDER BY requests DESC LIMIT 50
